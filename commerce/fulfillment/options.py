"""How each seller can send a parcel, for how much and until when."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from commerce.accounts.queries import country_name
from commerce.accounts.types import AddressData
from commerce.inventory import queries as inventory
from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, fetch

from . import known_rates
from .calendars import public_holidays
from .places import holds
from .promises import Plan, Promise, promised, ready
from .types import Parcel, PickUp, ShippingOption


class Method(NamedTuple):
    id: int
    seller_id: int
    kind: str
    name: str
    carrier: str
    carrier_code: str
    service: str
    places: list[str] | None
    max_weight_grams: int
    base_minor: int
    per_kg_minor: int
    per_piece_minor: int
    basis: str
    brackets: list[list[int]] | None
    free_from_minor: int | None
    min_days: int
    max_days: int
    location_id: int | None
    store_address: str | None
    opening_hours: str | None
    country: str | None
    time_zone: str | None
    handling_days: int | None
    cutoff: time | None
    working_days: list[int] | None
    closed_days: list[object] | None
    origin: str | None
    now: datetime

    @property
    def plan(self) -> Plan:
        if self.time_zone is None or self.cutoff is None or self.handling_days is None:
            return Plan()
        return Plan(
            country=self.country or "",
            time_zone=self.time_zone,
            handling_days=self.handling_days,
            cutoff=self.cutoff,
            working_days=frozenset(self.working_days or ()),
            closed_days=frozenset(self.closed_days or ()),  # type: ignore[arg-type]
        )


_METHODS = Planned("""
SELECT m.id, m.seller_id, m.kind, m.name, c.name, c.code, m.service, z.places, m.max_weight_grams,
    m.base_minor, m.per_kg_minor, m.per_piece_minor, m.basis,
    (SELECT array_agg(ARRAY[b.from_value, b.price_minor] ORDER BY b.from_value)
        FROM fulfillment_bracket b WHERE b.method_id = m.id),
    m.free_from_minor, m.min_days, m.max_days, m.location_id,
    p.address::text, p.opening_hours,
    d.country, d.time_zone, d.handling_days, d.cutoff, d.working_days, d.closed_days,
    d.origin::text, statement_timestamp()
FROM fulfillment_shippingmethod m JOIN fulfillment_carrier c ON c.id = m.carrier_id
LEFT JOIN fulfillment_zone z ON z.id = m.zone_id
LEFT JOIN fulfillment_pickuppoint p ON p.location_id = m.location_id
LEFT JOIN fulfillment_dispatch d ON d.seller_id = m.seller_id
WHERE m.seller_id = ANY (%s) AND m.is_active AND m.currency = %s
""")


def methods_of(*, seller_ids: Iterable[int], currency: str) -> dict[int, list[Method]]:
    """Return what the sellers offer, by seller; for this module's own use."""
    found: dict[int, list[Method]] = {seller_id: [] for seller_id in seller_ids}
    for row in fetch(_METHODS, list(found), currency) if found else ():
        method = Method(*row)
        found[method.seller_id].append(method)
    return found


def shipping_options(
    *, parcels: Sequence[Parcel], currency: str
) -> dict[int, list[ShippingOption]]:
    """Return how each seller can send its parcel, the cheapest first, pick-up last.

    The first is what a shopper who chooses nothing gets, and nobody fetches a parcel
    without having chosen to. A seller that cannot send it there, or not that heavy,
    has an empty list. Takes one statement; one more where methods are bound to a place
    of stock, and one more where carriers name the price. Asks no carrier.
    """
    by_seller = {parcel.seller_id: parcel for parcel in parcels}
    offered = {
        seller_id: [method for method in methods if takes(method, by_seller[seller_id])]
        for seller_id, methods in methods_of(seller_ids=by_seller, currency=currency).items()
    }
    offered = _where_stock_is(offered, by_seller)
    rates = known_rates.of(
        wanted={
            method.id: known_rates.fingerprint(origin_of(method), by_seller[method.seller_id])
            for methods in offered.values()
            for method in methods
            if method.kind == "live"
        },
        currency=currency,
    )
    options: dict[int, list[ShippingOption]] = {}
    for seller_id, methods in offered.items():
        found = [
            _option(method, by_seller[seller_id], currency, rates.get(method.id, {}))
            for method in methods
        ]
        found.sort(
            key=lambda option: (
                option.pick_up is not None, option.price.minor, option.max_days, option.method_id,
            )
        )  # fmt: skip
        options[seller_id] = found
    return options


def origin_of(method: Method) -> AddressData:
    """Return where a parcel sent so leaves from."""
    if method.store_address is not None:
        return AddressData.from_dict(json.loads(method.store_address))
    return AddressData.from_dict(json.loads(method.origin or "{}"))


def takes(method: Method, parcel: Parcel) -> bool:
    """Tell whether a method reaches the parcel's address and bears its weight."""
    return reaches(method, parcel) and parcel.weight_grams <= method.max_weight_grams


def reaches(method: Method, parcel: Parcel) -> bool:
    if method.kind == "pickup" and method.store_address is None:
        return False
    places = method.places
    if places is None and method.kind == "pickup":
        places = [origin_of(method).country]
    return places is None or holds(
        places, country=parcel.country, region=parcel.region, postal_code=parcel.postal_code
    )


def _where_stock_is(
    offered: Mapping[int, list[Method]], by_seller: Mapping[int, Parcel]
) -> dict[int, list[Method]]:
    """Leave out methods of a location that has not all that is wanted free."""
    bound = {
        variant_id
        for seller_id, methods in offered.items()
        if any(method.location_id for method in methods)
        for variant_id in by_seller[seller_id].quantities
    }
    if not bound:
        return dict(offered)
    holders = {holder for parcel in by_seller.values() for holder in parcel.holders}
    free = inventory.free_at(variant_ids=bound, holders=holders)
    return {
        seller_id: [
            method
            for method in methods
            if method.location_id is None
            or all(
                free.get((variant_id, method.location_id), 0) >= quantity
                for variant_id, quantity in by_seller[seller_id].quantities.items()
            )
        ]
        for seller_id, methods in offered.items()
    }


def _option(
    method: Method, parcel: Parcel, currency: str, rates: Mapping[tuple[str, str], known_rates.Rate]
) -> ShippingOption:
    rate = rates.get((method.carrier_code, method.service))
    price = rate.amount_minor if rate else table_price(method, parcel)
    free_from = method.free_from_minor
    if free_from is not None and parcel.goods_minor >= free_from:
        price = 0
    days = (method.min_days, method.max_days)
    if rate and rate.days is not None:
        days = (rate.days, rate.days)
    promise = _promise(method, parcel, days)
    return ShippingOption(
        method_id=method.id,
        name=method.name,
        carrier="" if method.kind == "pickup" else method.carrier,
        price=Money(price, currency),
        min_days=days[0],
        max_days=days[1],
        free_from=None if free_from is None else Money(free_from, currency),
        kind=method.kind,
        service=method.service,
        location_id=method.location_id,
        promised_from=promise.first,
        promised_to=promise.last,
        pick_up=_pick_up(method),
        rate_of=rate.fetched_at if rate else None,
    )


def table_price(method: Method, parcel: Parcel) -> int:
    """Return what the seller's own table asks for a parcel."""
    measured = {
        "weight": parcel.weight_grams,
        "price": parcel.goods_minor,
        "piece": parcel.pieces,
    }[method.basis]
    price = method.base_minor
    for from_value, bracket_minor in method.brackets or ():
        if measured >= from_value:
            price = bracket_minor
    started_kilograms = -(-parcel.weight_grams // 1000)
    return price + method.per_kg_minor * started_kilograms + method.per_piece_minor * parcel.pieces


def _promise(method: Method, parcel: Parcel, days: tuple[int, int]) -> Promise:
    plan, start = method.plan, method.now
    if parcel.not_before:
        arrives = datetime.combine(parcel.not_before, time.min, tzinfo=ZoneInfo(plan.time_zone))
        start = max(start, arrives.astimezone(UTC))
    if method.kind == "pickup":
        return ready(ordered_at=start, plan=plan, days=days, holidays=public_holidays)
    return promised(
        ordered_at=start,
        plan=plan,
        days=days,
        destination=parcel.country,
        holidays=public_holidays,
    )


def _pick_up(method: Method) -> PickUp | None:
    if method.kind != "pickup":
        return None
    return PickUp(address=origin_of(method), opening_hours=method.opening_hours or "")


def why_not(*, parcels: Sequence[Parcel], currency: str) -> dict[int, str]:
    """Say of sellers that cannot send their parcel why, and what the shopper can do."""
    methods = methods_of(seller_ids=[parcel.seller_id for parcel in parcels], currency=currency)
    return {
        parcel.seller_id: _reason(methods[parcel.seller_id], parcel, currency) for parcel in parcels
    }


def _reason(methods: list[Method], parcel: Parcel, currency: str) -> str:
    there = [method for method in methods if reaches(method, parcel)]
    if not methods and currency != settings.BASE_CURRENCY:
        return (
            f"names no price in {currency} for sending. Remove these items from your cart, or "
            "choose another currency below."
        )
    if not methods:
        return "sends nothing at the moment. Remove these items from your cart."
    if not there:
        place = country_name(country=parcel.country)
        if any(
            method.places and parcel.country.upper() in {entry[:2] for entry in method.places}
            for method in methods
        ):
            place = " ".join(filter(None, (parcel.region, parcel.postal_code, place)))
        return f"does not send to {place}. Choose another address or remove these items."
    most = max(method.max_weight_grams for method in there)
    if parcel.weight_grams > most:
        return (
            f"sends at most {most / 1000:g} kg there and these items weigh "
            f"{parcel.weight_grams / 1000:g} kg. Take fewer, or choose another address."
        )
    return "has not all of these items in one place. Take fewer or remove some."
