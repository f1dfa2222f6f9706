"""Counts of what lies where: set, changed, moved between locations, put back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel import actor
from commerce.kernel.sql import execute, fetch
from commerce.outbox.bus import publish

from . import statements
from .events import StockChanged
from .models import Allocation, Location
from .types import StockInput

MAX_ON_HAND = 2_000_000_000
MAX_PRIORITY = 9999

Place = tuple[int, int]
"""A variant and a location."""


class BelowReserved(Exception):
    """The new count is lower than what is promised to shoppers.

    `shortages` maps variants to the units promised at that location; `reserved`
    is the first of them.
    """

    def __init__(self, shortages: Mapping[int, int]) -> None:
        self.shortages = dict(shortages)
        self.reserved = next(iter(self.shortages.values()))
        super().__init__(f"promised to shoppers: {self.shortages}")


class NegativeStock(Exception):
    """A count is below zero or beyond what can be stored."""


class NotEnoughThere(Exception):
    """Fewer units are free at the location than were to leave it: `free`."""

    def __init__(self, free: int) -> None:
        self.free = free
        super().__init__(f"{free} are free there")


class LocationUnknown(LookupError):
    """The seller has no such location; somebody else's counts as none."""


class LocationNameTaken(ValueError):
    """The seller has a location of this name already."""


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A locked stock row. `promised` counts all open holds, also those of single units."""

    id: int
    variant_id: int
    location_id: int
    on_hand: int
    promised: int
    backorder_limit: int
    missing: int
    version: int

    @property
    def free(self) -> int:
        return max(self.on_hand - self.promised, 0)

    @property
    def least(self) -> int:
        """The lowest count that keeps what is promised."""
        return self.promised - self.backorder_limit


def ensure_location(*, seller_id: int, name: str, country: str) -> int:
    """Return the seller's location of this name, made when missing."""
    row, _ = Location.objects.get_or_create(
        seller_id=seller_id, name=name, defaults={"country": country}
    )
    return row.pk


@transaction.atomic
def save_location(
    *, seller_id: int, name: str, country: str, priority: int, location_id: int | None = None
) -> int:
    """Make a location or change one; returns its id.

    Orders draw from the lowest priority that can serve them whole. Raises
    LocationUnknown, LocationNameTaken, ValueError for a priority out of range.
    """
    if not 0 <= priority <= MAX_PRIORITY:
        raise ValueError(f"a priority is 0 to {MAX_PRIORITY}")
    own = Location.objects.select_for_update().filter(seller_id=seller_id)
    row = own.filter(pk=location_id).first() if location_id else Location(seller_id=seller_id)
    if row is None:
        raise LocationUnknown(location_id)
    if own.filter(name=name).exclude(pk=row.pk).exists():
        raise LocationNameTaken(name)
    row.name, row.country, row.priority = name, country, priority
    row.save()
    return row.pk


def set_on_hand(
    *, variant_id: int, location_id: int, on_hand: int, cause: str, kind: str = "counted"
) -> None:
    """Set a count. Raises BelowReserved when shoppers are promised more, NegativeStock."""
    set_many(
        counts=[StockInput(variant_id=variant_id, location_id=location_id, on_hand=on_hand)],
        cause=cause,
        kind=kind,
    )


def set_many(*, counts: Sequence[StockInput], cause: str, kind: str = "counted") -> None:
    """Set many counts, all or none; the last one given for a row wins.

    Raises BelowReserved naming every variant of which more is promised, NegativeStock.
    """
    wanted = {(count.variant_id, count.location_id): count.on_hand for count in counts}
    if any(not 0 <= on_hand <= MAX_ON_HAND for on_hand in wanted.values()):
        raise NegativeStock
    if not wanted:
        return
    rows = sorted((*key, on_hand) for key, on_hand in wanted.items())
    with transaction.atomic(savepoint=False):
        actor.tell_database(cause=cause, kind=kind)
        answer = fetch(statements.SET_MANY, *(list(column) for column in zip(*rows, strict=True)))
        short = {variant: units for outcome, variant, units in answer if outcome == "short"}
        if answer and not short:
            publish(StockChanged(variant_ids=sorted({variant for _, variant, _ in answer})))
    if short:
        raise BelowReserved(short)


@transaction.atomic
def adjust(
    *,
    variant_id: int,
    location_id: int,
    delta: int,
    cause: str,
    kind: str = "adjusted",
    reference: str = "",
) -> int:
    """Add to a count, or take from it; returns the new count.

    What arrives goes first to paid orders whose units a count did not find. Raises
    BelowReserved, NegativeStock.
    """
    (shelf,) = lock(places=[(variant_id, location_id)])
    after = raised(shelf, delta)
    check(after)
    write([after], cause=cause, kind=kind, reference=reference)
    return after.on_hand


@transaction.atomic
def transfer(
    *, variant_id: int, from_location: int, to_location: int, quantity: int, cause: str
) -> None:
    """Move free units from one location of a seller to another.

    Raises LocationUnknown when they are not one seller's, NotEnoughThere,
    ValueError for a quantity below one or a move to the same place.
    """
    if quantity < 1 or from_location == to_location:
        raise ValueError("a transfer moves one unit or more to another place")
    variant = catalog.variants(variant_ids=[variant_id]).get(variant_id)
    own = Location.objects.filter(pk__in=[from_location, to_location])
    if variant is None or own.filter(seller_id=variant.seller_id).count() != 2:
        raise LocationUnknown(to_location)
    places = {(variant_id, from_location), (variant_id, to_location)}
    by_place = {shelf.location_id: shelf for shelf in lock(places=places)}
    source = by_place[from_location]
    if source.free < quantity:
        raise NotEnoughThere(source.free)
    target = raised(by_place[to_location], quantity)
    check(target)
    write(
        [replace(source, on_hand=source.on_hand - quantity), target],
        cause=cause,
        kind="transferred",
    )


@transaction.atomic
def put_back(
    *,
    variant_id: int,
    location_id: int | None,
    quantity: int,
    cause: str,
    reference: str,
    holder: str = "",
) -> None:
    """Put units of a canceled or returned order back on sale; the caller sees to it once.

    `cause` is "canceled" or "returned", or words about a return. With an order's
    token as `holder`, canceled units go back to the rows they were to leave from and
    no longer count as to be sent. Without a location, they go where the seller
    draws from first. Raises LocationUnknown, ValueError for a quantity below one.
    """
    if quantity < 1:
        raise ValueError("put back one unit or more")
    kind = "canceled" if cause == "canceled" else "returned"
    parts = _origin(holder, variant_id, quantity) if kind == "canceled" and holder else {}
    left = quantity - sum(parts.values())
    if left:
        home = location_id or _home(variant_id)
        parts[home] = parts.get(home, 0) + left
    shelves = lock(places=[(variant_id, place) for place in parts])
    changed = [raised(shelf, parts[shelf.location_id]) for shelf in shelves]
    write(changed, cause=cause, kind=kind, reference=reference)


def lock(*, places: Iterable[Place]) -> list[Shelf]:
    """Lock stock rows by id, made when missing; to be called inside a transaction."""
    wanted = sorted(set(places))
    columns = [variant for variant, _ in wanted], [location for _, location in wanted]
    execute(statements.MAKE_ROWS, *columns)
    return [
        Shelf(
            id=row_id,
            variant_id=variant_id,
            location_id=location_id,
            on_hand=on_hand,
            promised=promised,
            backorder_limit=limit,
            missing=missing,
            version=version,
        )
        for row_id, variant_id, location_id, on_hand, promised, limit, missing, version in fetch(
            statements.LOCK_ROWS, *columns
        )
    ]


def raised(shelf: Shelf, delta: int) -> Shelf:
    """Return a row with more or fewer units; what arrives first fills what is missing."""
    found = min(max(delta, 0), shelf.missing)
    return replace(shelf, on_hand=shelf.on_hand + delta - found, missing=shelf.missing - found)


def check(shelf: Shelf) -> None:
    """Refuse a count that breaks a promise. Raises BelowReserved, NegativeStock."""
    if shelf.on_hand > MAX_ON_HAND or (shelf.on_hand < 0 and not shelf.backorder_limit):
        raise NegativeStock
    if shelf.on_hand < shelf.least:
        raise BelowReserved({shelf.variant_id: shelf.promised})


def write(
    shelves: Sequence[Shelf], *, cause: str, kind: str, reference: str = ""
) -> dict[int, int]:
    """Write locked rows and tell of it; returns each row's new version."""
    actor.tell_database(cause=cause, kind=kind, reference=reference)
    versions = fetch(
        statements.WRITE_ROWS,
        [shelf.id for shelf in shelves],
        [shelf.on_hand for shelf in shelves],
        [shelf.missing for shelf in shelves],
    )
    publish(StockChanged(variant_ids=sorted({shelf.variant_id for shelf in shelves})))
    return dict(versions)


def _home(variant_id: int) -> int:
    variant = catalog.variants(variant_ids=[variant_id]).get(variant_id)
    places = Location.objects.filter(seller_id=variant.seller_id if variant else 0)
    first = places.order_by("priority", "pk").values_list("pk", flat=True).first()
    if first is None:
        raise LocationUnknown(variant_id)
    return first


def _origin(holder: str, variant_id: int, quantity: int) -> dict[int, int]:
    """Close so many units of an order's allocations; return how many were to leave from where."""
    rows = Allocation.objects.select_for_update(of=("self",)).select_related("stock")
    parts: dict[int, int] = {}
    for row in rows.filter(holder=holder, stock__variant_id=variant_id).order_by("stock_id"):
        units = min(row.quantity - row.departed, quantity)
        if units:
            row.departed += units
            row.save(update_fields=["departed"])
            parts[row.stock.location_id] = units
            quantity -= units
    return parts
