"""Which addresses a zone holds. Pure.

A place is a country (US), a region (US-CA) or the start of a country's postal
codes (GB:BT). With a leading ! it is left out of what the others hold.
"""

import re
from collections.abc import Iterable, Sequence

from commerce.accounts.queries import address_rules, countries_by_name

MOST_PLACES = 500
_PLACE = re.compile(r"(!?)([A-Z]{2})(?:-([A-Z0-9]{1,20})|:([A-Z0-9]{1,12}))?")


class InvalidPlace(ValueError):
    """What was written is no place; the message says what is wrong with which."""


def normalized(places: Iterable[str]) -> list[str]:
    """Return places as they are stored: sorted, each once. Raises InvalidPlace."""
    found = sorted({_checked(place) for place in places if place.strip()})
    if not any(not place.startswith("!") for place in found):
        raise InvalidPlace("Name at least one place that the zone holds, such as US.")
    if len(found) > MOST_PLACES:
        raise InvalidPlace(f"A zone names at most {MOST_PLACES} places. Name a country as a whole.")
    return found


def _checked(text: str) -> str:
    place = "".join(text.upper().split())
    match = _PLACE.fullmatch(place) if place.isascii() else None
    if match is None:
        raise InvalidPlace(
            f"“{text.strip()[:40]}” is no place. Write US for a country, US-CA for a region or "
            "US:941 for postal codes that begin with 941."
        )
    _, country, region, _ = match.groups()
    if country not in dict(countries_by_name()):
        raise InvalidPlace(f"“{country}” is no country's two-letter code.")
    regions = {key for key, _ in address_rules(country=country).region_choices}
    if region and regions and region not in regions:
        raise InvalidPlace(f"{country} has no region “{region}”.")
    return place


def holds(places: Sequence[str], *, country: str, region: str, postal_code: str) -> bool:
    """Tell whether an address lies in a zone."""
    target = (country.upper(), region.upper(), "".join(postal_code.upper().split()))
    included = False
    for place in places:
        if _matches(place.removeprefix("!"), *target):
            if place.startswith("!"):
                return False
            included = True
    return included


def _matches(place: str, country: str, region: str, postal_code: str) -> bool:
    if place[:2] != country:
        return False
    mark, rest = place[2:3], place[3:]
    if mark == "-":
        return rest == region
    if mark == ":":
        return postal_code.replace("-", "").startswith(rest)
    return True


def countries_in(places: Iterable[str]) -> list[str]:
    """Return the countries of which a zone holds something."""
    return sorted({place[:2] for place in places if not place.startswith("!")})
