"""Whether parcels reach an address, as the carriers know it; asked before anything is agreed.

The service decides nothing by being away: then an order goes on, and says that nobody
could tell. Words that differ only in how they are written are left to the shopper.
"""

import json
import re
import unicodedata
from dataclasses import asdict, replace
from typing import Literal

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac

from commerce.accounts import operations as accounts
from commerce.accounts import queries as address_book
from commerce.accounts.types import PLACE_FIELDS, AddressData
from commerce.gateways.carriers import (
    AddressFinding,
    CarrierRefused,
    CarrierUnavailable,
    get_carrier_gateway,
    is_set_up,
)

log = structlog.get_logger(__name__)

Verification = Literal["", "deliverable", "kept", "unverified"]
"""What is known of an address: nothing, as nobody asks; parcels reach it; the shopper insisted
on their words; nobody could tell."""

KEPT_SECONDS = 24 * 3600
_REMEDIES = {
    "house": ("line1", "Carriers know no such house number in this street. Check the number."),
    "street": ("line1", "Carriers know no such street there. Check its spelling and the place."),
    "box": ("line1", "Carriers know no such P.O. box there. Check its number."),
    "place": ("city", "The place and its postal code do not belong together. Check both."),
    "address": (
        "line1",
        "Carriers know no such address. Check street, house number, place and postal code.",
    ),
}
_APARTMENT = "Carriers miss the apartment or suite in this building, or do not know it."
# How the same word is written; what differs in these alone is the same address.
_SHORT = {
    "street": "st", "avenue": "ave", "av": "ave", "boulevard": "blvd", "road": "rd", "drive": "dr",
    "lane": "ln", "court": "ct", "place": "pl", "square": "sq", "terrace": "ter",
    "parkway": "pkwy", "highway": "hwy", "circle": "cir", "trail": "trl", "alley": "aly",
    "plaza": "plz", "center": "ctr", "centre": "ctr", "mount": "mt", "saint": "st", "fort": "ft",
    "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne", "northwest": "nw",
    "southeast": "se", "southwest": "sw", "apartment": "apt", "unit": "apt", "suite": "ste",
    "floor": "fl", "building": "bldg", "room": "rm", "number": "", "no": "",
}  # fmt: skip


class AddressDoubted(ValueError):
    """Carriers write the address otherwise, or miss its apartment: its shopper is asked.

    `known` is how they write it, if that differs; `sentence` is what they miss, if anything.
    """

    def __init__(self, *, typed: AddressData, known: AddressData | None, sentence: str) -> None:
        self.typed = typed
        self.known = known
        self.sentence = sentence
        super().__init__(sentence or "Carriers write this address otherwise.")


def verifies() -> bool:
    """Whether anybody is asked about addresses."""
    return bool(settings.ADDRESS_VERIFICATION) and is_set_up()


def verify_address(
    *, address: AddressData, user_id: int | None = None, insists: bool = False
) -> Verification:
    """Say what is known of a checked address, asking the carriers at most once a day.

    An entry of the person's address book that was found reachable is not asked about. With
    `insists` the shopper keeps their words where parcels may reach them all the same. A
    service that is away, or does not know the country, delays the answer by three seconds
    at most. Raises InvalidAddress (of accounts) when parcels do not reach it, and
    AddressDoubted. Never inside a transaction.
    """
    if not verifies():
        return ""
    if user_id is not None and address_book.is_verified(user_id=user_id, address=address):
        return "deliverable"
    finding = _found(address)
    if finding is None:
        return "unverified"
    errors = dict(_REMEDIES[problem] for problem in finding.problems if problem in _REMEDIES)
    if errors and not finding.reaches:
        raise accounts.InvalidAddress(errors)
    known = _as_written(address, finding)
    sentence = _APARTMENT if "apartment" in finding.problems else ""
    if known is not None or sentence:
        if insists:
            return "kept"
        raise AddressDoubted(typed=address, known=known, sentence=sentence)
    if user_id is not None:
        accounts.mark_verified(user_id=user_id, address=address)
    return "deliverable"


def _found(address: AddressData) -> AddressFinding | None:
    key = _key(address)
    known = cache.get(key)
    if known is not None:
        return _from_cache(known)
    try:
        finding = get_carrier_gateway().verify(
            address={field: getattr(address, field) for field in PLACE_FIELDS}
        )
    except (CarrierUnavailable, CarrierRefused) as problem:
        log.warning("address.not_verified", country=address.country, error=str(problem))
        return None
    kept = asdict(finding) if finding else {}
    cache.set(key, kept, KEPT_SECONDS)
    if finding is not None and (other := _as_written(address, finding)) is not None:
        cache.set(_key(other), kept, KEPT_SECONDS)
    return finding


def _from_cache(known: dict[str, object]) -> AddressFinding | None:
    return AddressFinding(**known) if known else None  # type: ignore[arg-type]


def _key(address: AddressData) -> str:
    """Name an address without telling it: whoever reads the keys learns no address."""
    named = json.dumps([address.country, *_folded(address)])
    digest = salted_hmac("commerce.fulfillment.address", named, algorithm="sha256").hexdigest()
    return f"address:{digest}"


def _as_written(typed: AddressData, finding: AddressFinding) -> AddressData | None:
    """Return how carriers write the address, where that is another one and makes sense."""
    written = {field: str(finding.written.get(field) or "") for field in PLACE_FIELDS}
    if written["country"] != typed.country or not written["line1"]:
        return None
    if not typed.region:
        written["region"] = ""
    try:
        known = accounts.check_address(address=replace(typed, **written))
    except accounts.InvalidAddress:
        return None
    return None if _folded(known) == _folded(typed) else known


def _folded(address: AddressData) -> list[str]:
    code = re.sub(r"[\W_]", "", address.postal_code).casefold()
    return [
        _words(f"{address.line1} {address.line2}"),
        _words(address.city),
        _words(address.region),
        code[:5] if address.country == "US" else code,
    ]


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    words = re.sub(r"[\W_]+", " ", re.sub(r"strasse\b", "str", bare)).split()
    return " ".join(filter(None, (_SHORT.get(word, word) for word in words)))
