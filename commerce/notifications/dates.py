"""When a parcel can be expected, in working days."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import ShipmentData


def after_working_days(start: date, days: int) -> date:
    """Return the day that many working days after another; weekends do not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return day


def expected(*, since: datetime, method: Mapping[str, Any]) -> str:
    """Say when a parcel arrives: "Tue, Nov 24 – Thu, Nov 26", or nothing when it was not said.

    What was promised with the order stands.
    """
    promise = fulfillment.kept_promise(method)
    if promise:
        return _between(promise.first, promise.last)
    try:
        least, most = int(method["min_days"]), int(method["max_days"])
    except (KeyError, TypeError, ValueError):
        return ""
    first = after_working_days(since.date(), least)
    last = after_working_days(since.date(), most)
    return _between(first, last)


def of_parcel(*, parcel: ShipmentData, method: Mapping[str, Any]) -> str:
    """Say when a parcel under way arrives: what its carrier says, else what was promised."""
    if parcel.expected_on:
        return _day(parcel.expected_on)
    return expected(since=parcel.shipped_at, method=method)


def _between(first: date, last: date) -> str:
    return _day(first) if first == last else f"{_day(first)} – {_day(last)}"


def _day(day: date) -> str:
    return f"{day:%a, %b} {day.day}"
