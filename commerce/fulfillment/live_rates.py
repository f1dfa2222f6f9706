"""Asking carriers for prices before a shopper chooses, and remembering what they said.

The answer is written down and read from there, so the price that is shown is the
price that is agreed. A carrier that is away costs the shopper at most one short
wait; then its last known prices hold, and after those the seller's own table.
"""

import time
from collections.abc import Iterable, Sequence

import structlog
from django.db import connection

from commerce.accounts.types import AddressData
from commerce.gateways.carriers import (
    CarrierRefused,
    CarrierUnavailable,
    ParcelRequest,
    RateData,
    get_carrier_gateway,
    is_set_up,
)
from commerce.kernel.sql import execute

from . import known_rates
from .options import Method, methods_of, origin_of, takes
from .types import Parcel

log = structlog.get_logger(__name__)

# A cart of many sellers must not add their waits up.
PATIENCE_SECONDS = 2.0
_KEEP = """
INSERT INTO fulfillment_knownrate
    (fingerprint, carrier, service, amount_minor, currency, days, fetched_at)
VALUES (%s, %s, %s, %s, %s, %s, statement_timestamp())
ON CONFLICT (fingerprint, carrier, service) DO UPDATE SET amount_minor = EXCLUDED.amount_minor,
    currency = EXCLUDED.currency, days = EXCLUDED.days, fetched_at = EXCLUDED.fetched_at
"""


def refresh_rates(*, parcels: Sequence[Parcel], destination: AddressData, currency: str) -> int:
    """Ask carriers for the prices of these parcels that are not fresh; returns how many were asked.

    What they name in another currency is kept and not offered: the seller's table holds.
    Never raises because a carrier is away. Runs outside of transactions.
    """
    if not parcels or not is_set_up():
        return 0
    wanted = _wanted(parcels, currency)
    fresh = known_rates.asked(prints=wanted, within=known_rates.FRESH_FOR)
    started, asked = time.monotonic(), 0
    for print_, (method, parcel) in wanted.items():
        if print_ in fresh:
            continue
        if time.monotonic() - started > PATIENCE_SECONDS:
            break
        asked += 1
        if not _ask(print_, method, parcel, destination):
            break
    return asked


def _wanted(parcels: Sequence[Parcel], currency: str) -> dict[str, tuple[Method, Parcel]]:
    """Return each different parcel that a carrier prices, by its fingerprint."""
    by_seller = {parcel.seller_id: parcel for parcel in parcels}
    return {
        known_rates.fingerprint(origin_of(method), by_seller[seller_id]): (
            method,
            by_seller[seller_id],
        )
        for seller_id, methods in methods_of(seller_ids=by_seller, currency=currency).items()
        for method in methods
        if method.kind == "live"
        and takes(method, by_seller[seller_id])
        and origin_of(method).postal_code
    }


def _ask(print_: str, method: Method, parcel: Parcel, destination: AddressData) -> bool:
    """Ask for one parcel; returns False when it is no use to ask for others now."""
    request = ParcelRequest(
        reference=f"rates:{print_[:40]}",
        origin=origin_of(method).as_dict(),
        destination=_place(destination),
        weight_grams=known_rates.weight_of(parcel),
    )
    try:
        rates = get_carrier_gateway().rates(request=request)
    except CarrierUnavailable as problem:
        log.warning("shipping.no_rates", seller=method.seller_id, error=str(problem))
        return False
    except CarrierRefused as refusal:
        log.info("shipping.rates_refused", seller=method.seller_id, code=refusal.code)
        return True
    _keep(print_, rates)
    return True


def _place(destination: AddressData) -> dict[str, str]:
    """Return what a price needs of an address; who lives there is no carrier's business yet."""
    return {
        "city": destination.city,
        "region": destination.region,
        "postal_code": destination.postal_code,
        "country": destination.country,
    }


def _keep(print_: str, rates: Iterable[RateData]) -> None:
    cheapest: dict[tuple[str, str], RateData] = {}
    for rate in rates:
        key = (rate.carrier, rate.service)
        if key not in cheapest or rate.amount_minor < cheapest[key].amount_minor:
            cheapest[key] = rate
    rows = [
        (print_, carrier, service, rate.amount_minor, rate.currency, rate.days)
        for (carrier, service), rate in sorted(cheapest.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_KEEP, rows)


def forget_old_rates() -> int:
    """Drop prices too old to be offered; returns how many."""
    return execute(
        "DELETE FROM fulfillment_knownrate WHERE fetched_at < statement_timestamp() - %s",
        known_rates.KEPT_FOR,
    )
