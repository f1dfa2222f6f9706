"""When the marketplace pays, and what a run is called."""

from datetime import date

from commerce.kernel import clock


def today() -> date:
    """Return the day in UTC by the database's clock."""
    return clock.now().date()


def current(schedule: str) -> str:
    """Return the period that is being paid: a day, a week by its ISO number, or a month."""
    day = today()
    if schedule == "daily":
        return day.isoformat()
    if schedule == "monthly":
        return f"{day:%Y-%m}"
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
