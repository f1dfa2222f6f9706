"""When the marketplace pays, and what a run is called."""

from datetime import date
from typing import Literal

from commerce.kernel import clock

SCHEDULE: Literal["daily", "weekly"] = "daily"


def today() -> date:
    """Return the day in UTC by the database's clock."""
    return clock.now().date()


def current(schedule: Literal["daily", "weekly"] = SCHEDULE) -> str:
    """Return the period that is being paid: a day, or a week by its Monday's ISO number."""
    day = today()
    if schedule == "daily":
        return day.isoformat()
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
