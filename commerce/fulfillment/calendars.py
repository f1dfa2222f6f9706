"""Public holidays by country, from the `holidays` library."""

from collections.abc import Container
from datetime import date
from functools import lru_cache

import holidays


class _Country(Container[date]):
    """Reads a year when the first of its days is asked for."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _of_year(self._code, day.year)


@lru_cache(maxsize=2000)
def _of_year(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except (NotImplementedError, KeyError):
        return frozenset()  # a country that the library does not know


def public_holidays(country: str) -> Container[date]:
    """Return the days on which a country rests as a whole; none when it is not known."""
    return _Country(country)
