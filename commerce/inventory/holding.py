"""Holds: promised to one holder for a while, then sold, given back or lapsed."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.sql import Row, execute, fetch
from commerce.outbox.bus import publish

from . import statements
from .events import StockChanged
from .models import LONGEST_HOLD, LONGEST_SLOW_HOLD, Reservation

LONGEST = {
    "checkout": int(LONGEST_HOLD.total_seconds() // 60),
    "cart": int(LONGEST_HOLD.total_seconds() // 60),
    "slow": int(LONGEST_SLOW_HOLD.total_seconds() // 60),
}
MAX_MINUTES = LONGEST["checkout"]


class OutOfStock(Exception):
    """Fewer units are free than were asked for. `shortages` maps variants to what is free."""

    def __init__(self, shortages: Mapping[int, int]) -> None:
        self.shortages = dict(shortages)
        super().__init__(f"out of stock: {self.shortages}")


class ShareTaken(Exception):
    """The principal holds its share of a SKU already. `allowed` maps variants to what is left."""

    def __init__(self, allowed: Mapping[int, int]) -> None:
        self.allowed = dict(allowed)
        super().__init__(f"share of one shopper: {self.allowed}")


class HoldLost(Exception):
    """The holder holds nothing any more: it lapsed or was released."""


class DifferentHold(Exception):
    """The holder already holds other quantities; release them first."""

    def __init__(self, held: Mapping[int, int]) -> None:
        self.held = dict(held)
        super().__init__(f"already held: {self.held}")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a hold is to be made; for this module's own use, as are `take` and `refuse`."""

    minutes: int
    kind: str = "checkout"
    principal: str = ""
    late: Collection[int] = ()
    replaces: Sequence[str] = ()
    deadline: datetime | None = None
    places: Mapping[int, int] = field(default_factory=dict)


def reserve(
    *,
    holder: str,
    quantities: Mapping[int, int],
    minutes: int = 15,
    kind: str = "checkout",
    principal: str = "",
    late: Collection[int] = (),
    replaces: Sequence[str] = (),
    places: Mapping[int, int] | None = None,
) -> None:
    """Promise units of several variants to a holder for some minutes, all or none.

    `late` are the variants of which the shopper knows that they come later: only
    these are promised beyond what is there. `places` names by variant the location
    it has to come from; nothing is promised ahead there. Holds of `replaces` are given
    back in the same step. `kind` "slow" allows the longer wait for slow money. Repeating it
    while the holds live changes nothing. Raises OutOfStock or ShareTaken, in which
    case nothing was promised and the caller's transaction goes on; DifferentHold;
    ValueError for a quantity below one or more minutes than the kind allows.
    """
    if not 1 <= minutes <= LONGEST[kind] or any(units < 1 for units in quantities.values()):
        raise ValueError(f"holds need positive quantities and 1 to {LONGEST[kind]} minutes")
    wish = Wish(
        minutes=minutes,
        kind=kind,
        principal=principal,
        late=late,
        replaces=replaces,
        places=places or {},
    )
    with transaction.atomic(savepoint=False):
        said = take(holder, quantities, wish)
    refuse(said)
    if said["held"] and said["held"] != dict(quantities):
        raise DifferentHold(said["held"])


def extend(*, holder: str, minutes: int = 30, kind: str = "checkout") -> datetime:
    """Give the holder more time, once, never beyond what the kind allows; returns the deadline.

    With `kind` "slow", which a slow way to pay asks for, up to two weeks. Repeating
    it changes nothing. Raises HoldLost, also when the hold has lapsed and was not
    swept yet.
    """
    with transaction.atomic(savepoint=False):
        execute(statements.EXTEND, holder, kind, minutes, LONGEST[kind])
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


def claim(
    *,
    holder: str,
    quantities: Mapping[int, int] | None = None,
    late: Collection[int] = (),
    places: Mapping[int, int] | None = None,
) -> None:
    """Turn holds into sold units: they leave the shelf. Repeating it changes nothing.

    A hold past its deadline that nobody ended yet still counts. When holds were
    lost, `quantities` are taken again from what is free (of `late` variants also
    ahead of their arrival; where `places` names a location, only from there), all or
    none. Raises HoldLost without `quantities`, OutOfStock with them; nothing is claimed
    then.
    """
    said: dict[str, dict[int, int]] = {"short": {}, "capped": {}}
    with transaction.atomic(savepoint=False):
        sold, active, lost = _holds(holder)
        if sold:
            return
        if quantities is not None and active != dict(quantities):
            _end(holder, Reservation.State.RELEASED)
            said = take(holder, quantities, Wish(minutes=1, late=late, places=places or {}))
            lost = bool(said["short"])
        if not lost:
            actor.tell_database()
            _end(holder, Reservation.State.CLAIMED)
    refuse(said)
    if lost:
        raise HoldLost(holder)


def release(*, holder: str) -> None:
    """Give back what is held. Repeating it, or releasing what was sold, changes nothing."""
    with transaction.atomic(savepoint=False):
        _end(holder, Reservation.State.RELEASED)


def release_lapsed(*, limit: int = 1000, batches: int = 1) -> int:
    """End holds past their deadline, oldest first; returns how many.

    Each batch of so many is a transaction of its own.
    """
    released = 0
    for _ in range(batches):
        with transaction.atomic(savepoint=False):
            ended = fetch(statements.END_LAPSED, limit, Reservation.State.EXPIRED)
            _report_refilled(ended)
        released += len(ended)
        if len(ended) < limit:
            break
    return released


def take(holder: str, quantities: Mapping[int, int], wish: Wish) -> dict[str, dict[int, int]]:
    """Return what was short, capped and held already; all empty when it worked."""
    wanted = sorted(quantities.items())
    answer = fetch(
        statements.RESERVE,
        holder,
        [variant_id for variant_id, _ in wanted],
        [units for _, units in wanted],
        wish.minutes,
        wish.kind,
        wish.principal,
        sorted(wish.late),
        list(wish.replaces),
        wish.deadline,
        [wish.places.get(variant_id) for variant_id, _ in wanted] if wish.places else [],
    )
    said: dict[str, dict[int, int]] = {"short": {}, "capped": {}, "held": {}, "emptied": {}}
    for outcome, variant_id, units in answer:
        said[outcome][variant_id] = int(units)
    if said["emptied"]:
        publish(StockChanged(variant_ids=sorted(said["emptied"])))
    return said


def refuse(said: Mapping[str, Mapping[int, int]]) -> None:
    """Raise what an answer of `take` says. Raises OutOfStock, ShareTaken."""
    if said["short"]:
        raise OutOfStock(said["short"])
    if said["capped"]:
        raise ShareTaken(said["capped"])


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
