"""Between which days a parcel arrives. Pure: the moment and the calendars are passed in.

An order before the seller's cut-off counts for that day, if the seller works on
it. Handling takes working days of the seller, the way working days where the
parcel goes. So no parcel is promised for a weekend or a public holiday, and who
orders later is never promised an earlier day.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = frozenset(range(5))
_DAY = timedelta(days=1)

Calendar = Callable[[str], Container[date]]
"""The public holidays of a country, by its code."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When a seller hands parcels over."""

    country: str = ""
    time_zone: str = "UTC"
    handling_days: int = 1
    cutoff: time = time(14)
    working_days: frozenset[int] = WEEKDAYS
    closed_days: frozenset[date] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Promise:
    first: date
    last: date


def kept(method: Mapping[str, object]) -> Promise | None:
    """Read the promise that an order keeps of its way of shipping; None when it keeps none."""
    try:
        first, last = (
            date.fromisoformat(str(method[key])) for key in ("promised_from", "promised_to")
        )
    except (KeyError, ValueError):
        return None
    return Promise(first=first, last=last)


def promised(
    *,
    ordered_at: datetime,
    plan: Plan,
    days: tuple[int, int],
    destination: str,
    holidays: Calendar,
) -> Promise:
    """Return the earliest and the latest day on which a parcel arrives."""
    leaves = leaves_on(ordered_at=ordered_at, plan=plan, holidays=holidays)

    def is_delivered_on(day: date) -> bool:
        return day.weekday() in WEEKDAYS and day not in holidays(destination)

    first, last = (_after(leaves, count, is_delivered_on) for count in sorted(days))
    return Promise(first=first, last=last)


def ready(
    *, ordered_at: datetime, plan: Plan, days: tuple[int, int], holidays: Calendar
) -> Promise:
    """Return between which days an order can be picked up at the seller's own store."""
    leaves = leaves_on(ordered_at=ordered_at, plan=plan, holidays=holidays)
    first, last = (
        _after(leaves, count, lambda day: _works(day, plan, holidays)) for count in sorted(days)
    )
    return Promise(first=first, last=last)


def leaves_on(*, ordered_at: datetime, plan: Plan, holidays: Calendar) -> date:
    """Return the day on which the seller hands the parcel over."""
    zone = ZoneInfo(plan.time_zone)
    day = ordered_at.astimezone(zone).date()
    # Compared as instants: on the night the clocks go back, the wall shows an hour twice.
    if ordered_at >= datetime.combine(day, plan.cutoff, tzinfo=zone).astimezone(UTC):
        day += _DAY
    return _after(day, plan.handling_days, lambda day: _works(day, plan, holidays))


def _works(day: date, plan: Plan, holidays: Calendar) -> bool:
    return (
        day.weekday() in plan.working_days
        and day not in plan.closed_days
        and day not in holidays(plan.country)
    )


def _after(day: date, count: int, counts: Callable[[date], bool]) -> date:
    """Return the day so many counted days after the first counted one."""
    while not counts(day):
        day += _DAY
    for _ in range(count):
        day += _DAY
        while not counts(day):
            day += _DAY
    return day
