"""Which stock row the sold units of an order leave from, until they have left."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from commerce.kernel.sql import execute

from . import statements
from .models import Allocation, Location, Stock
from .shelves import LocationUnknown, NotEnoughThere, Shelf, lock, write


class NothingToMove(LookupError):
    """The order has no such units at the location any more."""


@transaction.atomic
def depart(
    *,
    holder: str,
    quantities: Mapping[int, int],
    location_id: int | None = None,
    all_from_there: bool = False,
) -> None:
    """Record that units of an order left the house, by variant; more than were open is no matter.

    A location that is named comes first: what was to leave from there has left. With
    `all_from_there`, what was to leave from elsewhere was taken from the free units
    there, as far as there are any; beyond that, the sold units were carried over. Called
    when a parcel is sent. Orders from before allocations were kept have none. Raises
    LocationUnknown for a location that is not the seller's.
    """
    found = _rows(holder)
    if all_from_there and location_id and _take_there(found, quantities, location_id):
        found = _rows(holder)
    left = dict(quantities)
    for row in sorted(found, key=lambda each: each.stock.location_id != location_id):
        units = min(row.quantity - row.departed, left.get(row.stock.variant_id, 0))
        if units > 0:
            row.departed += units
            row.save(update_fields=["departed"])
            left[row.stock.variant_id] -= units
    short = sorted({row.stock_id for row in found if row.stock.missing})
    if short:
        execute(statements.FOUND_AGAIN, short)


def _rows(holder: str) -> list[Allocation]:
    rows = Allocation.objects.select_for_update(of=("self",)).filter(holder=holder)
    return list(rows.select_related("stock__location").order_by("stock_id"))


def _take_there(
    found: Sequence[Allocation], quantities: Mapping[int, int], location_id: int
) -> bool:
    """Move what leaves from a place without being allocated to it; tells whether any was."""
    wanted = dict(quantities)
    for row in found:
        if row.stock.location_id == location_id and row.stock.variant_id in wanted:
            wanted[row.stock.variant_id] -= row.quantity - row.departed
    elsewhere = [
        row
        for row in found
        if row.stock.location_id != location_id
        and row.departed < row.quantity
        and wanted.get(row.stock.variant_id, 0) > 0
    ]
    if not elsewhere:
        return False
    if not Location.objects.filter(
        pk=location_id, seller_id=elsewhere[0].stock.location.seller_id
    ).exists():
        raise LocationUnknown(location_id)
    places = {(row.stock.variant_id, row.stock.location_id) for row in elsewhere}
    places |= {(variant_id, location_id) for variant_id, _ in places}
    shelves = {(each.variant_id, each.location_id): each for each in lock(places=places)}
    moved = False
    for row in elsewhere:
        source = row.stock.variant_id, row.stock.location_id
        target = row.stock.variant_id, location_id
        units = min(row.quantity - row.departed, wanted[row.stock.variant_id], shelves[target].free)
        if units > 0:
            wanted[row.stock.variant_id] -= units
            ends = _move(row, shelves[source], shelves[target], units)
            shelves[source], shelves[target] = ends
            moved = True
    return moved


@transaction.atomic
def move_allocation(
    *, holder: str, variant_id: int, from_location: int, to_location: int, quantity: int
) -> None:
    """Let open units of an order leave from where free ones are; the same place may serve.

    What was missing where they were to leave from counts as missing no longer.
    Raises NothingToMove, NotEnoughThere, ValueError for a quantity below one.
    """
    if quantity < 1:
        raise ValueError("move one unit or more")
    row = (
        Allocation.objects.select_for_update(of=("self",))
        .filter(holder=holder, stock__variant_id=variant_id, stock__location_id=from_location)
        .first()
    )
    if row is None or row.quantity - row.departed < quantity:
        raise NothingToMove(holder)
    shelves = {
        shelf.location_id: shelf
        for shelf in lock(places={(variant_id, from_location), (variant_id, to_location)})
    }
    source, target = shelves[from_location], shelves[to_location]
    if target.free < quantity:
        raise NotEnoughThere(target.free)
    found = min(source.missing, quantity)
    if source.id == target.id:
        write(
            [replace(source, on_hand=source.on_hand - found, missing=source.missing - found)],
            cause="sent in place of missing units",
            kind="sold",
            reference=holder,
        )
        return
    _move(row, source, target, quantity)


def _move(row: Allocation, source: Shelf, target: Shelf, quantity: int) -> tuple[Shelf, Shelf]:
    """Let free units of another shelf leave; returns both shelves as they are then."""
    found = min(source.missing, quantity)
    _hand_over(row, target.id, quantity)
    # Units that are there after all stay on the first shelf, for sale again.
    source = replace(
        source, on_hand=source.on_hand + quantity - found, missing=source.missing - found
    )
    target = replace(target, on_hand=target.on_hand - quantity)
    write(
        [source, target], cause="order leaves elsewhere", kind="transferred", reference=row.holder
    )
    return source, target


def _hand_over(row: Allocation, stock_id: int, quantity: int) -> None:
    row.quantity -= quantity
    row.save(update_fields=["quantity"])
    taken, made = Allocation.objects.get_or_create(
        holder=row.holder,
        stock=Stock.objects.get(pk=stock_id),
        defaults={"quantity": quantity},
    )
    if not made:
        taken.quantity += quantity
        taken.save(update_fields=["quantity"])
