"""The last prices that carriers named: kept so that a checkout needs no carrier to answer."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from commerce.accounts.types import AddressData
from commerce.kernel.sql import fetch

from .types import Parcel

# Carriers change their prices once or twice a year; fuel surcharges weekly.
KEPT_FOR = timedelta(days=7)
FRESH_FOR = timedelta(minutes=30)
_STEP_GRAMS = 100


class Rate(NamedTuple):
    amount_minor: int
    days: int | None
    fetched_at: datetime


_RATES = """
SELECT fingerprint, carrier, service, amount_minor, days, fetched_at FROM fulfillment_knownrate
WHERE fingerprint = ANY (%s) AND currency = %s AND fetched_at > statement_timestamp() - %s
"""


_ASKED = """
SELECT DISTINCT fingerprint FROM fulfillment_knownrate
WHERE fingerprint = ANY (%s) AND fetched_at > statement_timestamp() - %s
"""
_CURRENCIES = """
SELECT DISTINCT currency FROM fulfillment_knownrate WHERE fetched_at > statement_timestamp() - %s
"""


def fingerprint(origin: AddressData, parcel: Parcel) -> str:
    """Return a name that like parcels share: same way, same started hundred grams."""
    places = [
        origin.country, origin.postal_code, parcel.country, parcel.region, parcel.postal_code
    ]  # fmt: skip
    asked = [*("".join(place.upper().split()) for place in places), weight_of(parcel)]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def weight_of(parcel: Parcel) -> int:
    """Return the weight that a carrier is asked about: the next hundred grams."""
    return max(1, -(-parcel.weight_grams // _STEP_GRAMS)) * _STEP_GRAMS


def asked(*, prints: Iterable[str], within: timedelta) -> set[str]:
    """Return which of these carriers answered lately, in whatever currency."""
    return {name for (name,) in fetch(_ASKED, list(prints), within)}


def currencies() -> set[str]:
    """Return in which currencies carriers name prices: that of the account with them."""
    return {currency for (currency,) in fetch(_CURRENCIES, KEPT_FOR)}


def of(
    *, wanted: Mapping[int, str], currency: str, within: timedelta = KEPT_FOR
) -> dict[int, dict[tuple[str, str], Rate]]:
    """Return the known rates by key of what is wanted, each by carrier and service."""
    if not wanted:
        return {}
    by_print: dict[str, dict[tuple[str, str], Rate]] = {}
    for print_, carrier, service, *rate in fetch(_RATES, list(wanted.values()), currency, within):
        by_print.setdefault(print_, {})[carrier, service] = Rate(*rate)
    return {key: by_print.get(print_, {}) for key, print_ in wanted.items()}
