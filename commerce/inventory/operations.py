"""Writes of inventory.

Locks are taken in one order everywhere: a holder's reservations, then stock rows
by id. `reserved` and the movements are written by triggers (migration 0002).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.sql import Row, execute, fetch
from commerce.outbox.bus import publish

from . import statements
from .events import StockChanged
from .models import Location, Reservation, Stock
from .types import StockInput

MAX_MINUTES = 60
MAX_ON_HAND = 2_000_000_000


class OutOfStock(Exception):
    """Fewer units are free than were asked for. `shortages` maps variants to what is free."""

    def __init__(self, shortages: Mapping[int, int]) -> None:
        self.shortages = dict(shortages)
        super().__init__(f"out of stock: {self.shortages}")


class HoldLost(Exception):
    """The holder holds nothing any more: it lapsed or was released."""


class DifferentHold(Exception):
    """The holder already holds other quantities; release them first."""

    def __init__(self, held: Mapping[int, int]) -> None:
        self.held = dict(held)
        super().__init__(f"already held: {self.held}")


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


def ensure_location(*, seller_id: int, name: str, country: str) -> int:
    """Return the seller's location of this name, made when missing."""
    row, _ = Location.objects.get_or_create(
        seller_id=seller_id, name=name, defaults={"country": country}
    )
    return row.pk


def set_on_hand(*, variant_id: int, location_id: int, on_hand: int, cause: str) -> None:
    """Set a count. Raises BelowReserved when shoppers are promised more, NegativeStock."""
    set_many(
        counts=[StockInput(variant_id=variant_id, location_id=location_id, on_hand=on_hand)],
        cause=cause,
    )


def set_many(*, counts: Sequence[StockInput], cause: str) -> None:
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
        actor.tell_database(cause=cause)
        answer = fetch(statements.SET_MANY, *(list(column) for column in zip(*rows, strict=True)))
        short = {variant: units for outcome, variant, units in answer if outcome == "short"}
        if answer and not short:
            publish(StockChanged(variant_ids=sorted({variant for _, variant, _ in answer})))
    if short:
        raise BelowReserved(short)


@transaction.atomic
def adjust(*, variant_id: int, location_id: int, delta: int, cause: str) -> None:
    """Add to a count, or take from it. Raises BelowReserved, NegativeStock."""
    stock = (
        Stock.objects.select_for_update()
        .filter(variant_id=variant_id, location_id=location_id)
        .first()
    )
    before = stock.on_hand if stock else 0
    set_on_hand(variant_id=variant_id, location_id=location_id, on_hand=before + delta, cause=cause)


def reserve(*, holder: str, quantities: Mapping[int, int], minutes: int = 15) -> None:
    """Promise units of several variants to a holder for some minutes, all or none.

    Repeating it while the holds live changes nothing. Raises OutOfStock, in which
    case nothing was written and the caller's transaction goes on; DifferentHold;
    ValueError for a quantity below one or more than `MAX_MINUTES`.
    """
    if not 1 <= minutes <= MAX_MINUTES or any(units < 1 for units in quantities.values()):
        raise ValueError("holds need positive quantities and 1 to 60 minutes")
    with transaction.atomic(savepoint=False):
        shortages, held = _take(holder, quantities, minutes)
    if shortages:
        raise OutOfStock(shortages)
    if held and held != dict(quantities):
        raise DifferentHold(held)


def extend(*, holder: str, minutes: int = 30) -> datetime:
    """Give the holder more time, once, never beyond an hour; returns the deadline.

    Repeating it changes nothing. Raises HoldLost, also when the hold has lapsed and
    was not swept yet.
    """
    with transaction.atomic(savepoint=False):
        execute(statements.EXTEND, minutes, holder)
        deadline: datetime | None = (
            Reservation.objects.filter(
                holder=holder, state=Reservation.State.ACTIVE, expires_at__gt=Now()
            )
            .order_by("expires_at")
            .values_list("expires_at", flat=True)
            .first()
        )
    if deadline is None:
        raise HoldLost(holder)
    return deadline


def claim(*, holder: str, quantities: Mapping[int, int] | None = None) -> None:
    """Turn holds into sold units: they leave the shelf. Repeating it changes nothing.

    A hold past its deadline that nobody ended yet still counts. When holds were
    lost, `quantities` are taken again from what is free, all or none. Raises
    HoldLost without `quantities`, OutOfStock with them; nothing is claimed then.
    """
    shortages: dict[int, int] = {}
    with transaction.atomic(savepoint=False):
        sold, active, lost = _holds(holder)
        if sold:
            return
        if quantities is not None and active != dict(quantities):
            _end(holder, Reservation.State.RELEASED)
            shortages, _ = _take(holder, quantities, minutes=1)
            lost = bool(shortages)
        if not lost:
            actor.tell_database()
            _end(holder, Reservation.State.CLAIMED)
    if shortages:
        raise OutOfStock(shortages)
    if lost:
        raise HoldLost(holder)


def release(*, holder: str) -> None:
    """Give back what is held. Repeating it, or releasing what was sold, changes nothing."""
    with transaction.atomic(savepoint=False):
        _end(holder, Reservation.State.RELEASED)


def release_lapsed(*, limit: int = 1000) -> int:
    """End holds past their deadline, oldest first; returns how many."""
    with transaction.atomic(savepoint=False):
        ended = fetch(statements.END_LAPSED, limit, Reservation.State.EXPIRED)
        _report_refilled(ended)
    return len(ended)


def _take(
    holder: str, quantities: Mapping[int, int], minutes: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Return what was short and what the holder held already; both empty when it worked."""
    wanted = sorted(quantities.items())
    answer = fetch(
        statements.RESERVE,
        holder,
        [variant_id for variant_id, _ in wanted],
        [units for _, units in wanted],
        minutes,
    )
    said: dict[str, dict[int, int]] = {"short": {}, "held": {}, "emptied": {}}
    for outcome, variant_id, units in answer:
        said[outcome][variant_id] = int(units)
    if said["emptied"]:
        publish(StockChanged(variant_ids=sorted(said["emptied"])))
    return said["short"], said["held"]


def _holds(holder: str) -> tuple[bool, Counter[int], bool]:
    """Lock the holder's holds; return whether they are sold, what is active, what is lost.

    Holds made together carry the same time: one of them that ended without a sale
    means that the whole is lost.
    """
    active: Counter[int] = Counter()
    born: list[datetime] = []
    ends: list[datetime] = []
    for variant_id, quantity, state, created_at in fetch(statements.LOCK_HOLDS, holder):
        if state == Reservation.State.CLAIMED:
            return True, Counter(), False
        if state == Reservation.State.ACTIVE:
            active[variant_id] += quantity
            born.append(created_at)
        else:
            ends.append(created_at)
    return False, active, not born or any(end >= min(born) for end in ends)


def _end(holder: str, state: str) -> None:
    ended = fetch(statements.END_HOLDS, holder, state)
    if state != Reservation.State.CLAIMED:
        _report_refilled(ended)


def _report_refilled(ended: Sequence[Row]) -> None:
    """What was free before is on sale already; only an empty shelf that fills is news."""
    refilled = {variant_id for variant_id, free in ended if free == 0}
    if refilled:
        publish(StockChanged(variant_ids=sorted(refilled)))
