from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from django.db.models import Q

from commerce.accounts.types import AddressData
from commerce.kernel.money import Money
from commerce.kernel.sql import fetch
from commerce.orders import queries as orders

from .models import Carrier, Shipment
from .types import (
    CarrierData,
    PackingLine,
    PackingSlip,
    Parcel,
    ShipmentData,
    ShipmentLineData,
    ShippingOption,
)


class _Method(NamedTuple):
    id: int
    seller_id: int
    name: str
    carrier: str
    countries: list[str]
    max_weight_grams: int
    base_minor: int
    per_kg_minor: int
    free_from_minor: int | None
    min_days: int
    max_days: int


_METHODS = """
SELECT m.id, m.seller_id, m.name, c.name, m.countries, m.max_weight_grams, m.base_minor,
    m.per_kg_minor, m.free_from_minor, m.min_days, m.max_days
FROM fulfillment_shippingmethod m JOIN fulfillment_carrier c ON c.id = m.carrier_id
WHERE m.seller_id = ANY (%s) AND m.is_active AND m.currency = %s
"""

_LEAVING = """
SELECT seller_order_id FROM fulfillment_shipment WHERE seller_order_id = ANY (%s)
UNION
SELECT seller_order_id FROM fulfillment_label
WHERE seller_order_id = ANY (%s) AND state IN ('asked', 'bought', 'voiding')
"""


def shipping_options(
    *, parcels: Sequence[Parcel], currency: str
) -> dict[int, list[ShippingOption]]:
    """Return how each seller can send its parcel, the cheapest first, in one statement.

    A seller that cannot send it there, or not that heavy, has an empty list.
    """
    by_seller = {parcel.seller_id: parcel for parcel in parcels}
    options: dict[int, list[ShippingOption]] = {seller_id: [] for seller_id in by_seller}
    for row in fetch(_METHODS, list(by_seller), currency):
        method = _Method(*row)
        parcel = by_seller[method.seller_id]
        if _takes(method, parcel):
            options[method.seller_id].append(_option(method, parcel, currency))
    for found in options.values():
        found.sort(key=lambda option: (option.price.minor, option.max_days, option.method_id))
    return options


def _takes(method: _Method, parcel: Parcel) -> bool:
    reaches = not method.countries or parcel.country.upper() in method.countries
    return reaches and parcel.weight_grams <= method.max_weight_grams


def _option(method: _Method, parcel: Parcel, currency: str) -> ShippingOption:
    started_kilograms = -(-parcel.weight_grams // 1000)
    price = method.base_minor + method.per_kg_minor * started_kilograms
    free_from = method.free_from_minor
    if free_from is not None and parcel.goods_minor >= free_from:
        price = 0
    return ShippingOption(
        method_id=method.id,
        name=method.name,
        carrier=method.carrier,
        price=Money(price, currency),
        min_days=method.min_days,
        max_days=method.max_days,
        free_from=None if free_from is None else Money(free_from, currency),
    )


def carriers() -> list[CarrierData]:
    """Return every parcel service by name: the choices when something is shipped."""
    return [
        CarrierData(code=row.code, name=row.name, phone=row.phone)
        for row in Carrier.objects.order_by("name")
    ]


def tracking_link(*, template: str, number: str) -> str:
    """Return the carrier's page about a parcel, or nothing when there is none."""
    if not template or not number:
        return ""
    return template.replace("{number}", quote(number, safe=""))


def shipments(*, shipment_ids: Iterable[int]) -> dict[int, ShipmentData]:
    """Return parcels by id."""
    return {data.id: data for data in _shipments(Q(pk__in=set(shipment_ids)))}


def shipments_of(*, seller_order_ids: Iterable[int]) -> dict[int, list[ShipmentData]]:
    """Return the parcels of each seller order, the first sent first."""
    wanted = set(seller_order_ids)
    found: dict[int, list[ShipmentData]] = {order_id: [] for order_id in wanted}
    for data in _shipments(Q(seller_order_id__in=wanted)):
        found[data.seller_order_id].append(data)
    return found


def _shipments(condition: Q) -> list[ShipmentData]:
    rows = (
        Shipment.objects.filter(condition)
        .select_related("carrier")
        .prefetch_related("lines")
        .order_by("pk")
    )
    return [
        ShipmentData(
            id=row.pk,
            seller_order_id=row.seller_order_id,
            seller_id=row.seller_id,
            carrier=row.carrier.name,
            carrier_code=row.carrier.code,
            tracking_number=row.tracking_number,
            tracking_url=tracking_link(
                template=row.carrier.tracking_url, number=row.tracking_number
            ),
            state=row.state,
            shipped_at=row.shipped_at,
            delivered_at=row.delivered_at,
            lines=tuple(
                ShipmentLineData(order_line_id=line.order_line_id, quantity=line.quantity)
                for line in row.lines.all()
            ),
        )
        for row in rows
    ]


def has_label_or_parcel(*, seller_order_ids: Iterable[int]) -> set[int]:
    """Return those parts of which something left, waits to be picked up or has a label.

    A label counts from the moment in which the carrier is asked for it until it is
    voided. Who acts on the answer holds the order's lock: labels are asked for and
    parcels are sent under it too.
    """
    wanted = list(set(seller_order_ids))
    return {row[0] for row in fetch(_LEAVING, wanted, wanted)}


def packing_slip(
    *, seller_id: int, seller_order_id: int, shipment_id: int | None = None
) -> PackingSlip | None:
    """Return what goes into a parcel and where it goes; None for anybody else's order.

    With a shipment it is what that parcel holds, else what is still to be sent.
    """
    part = orders.seller_orders_by_id(seller_order_ids=[seller_order_id]).get(seller_order_id)
    if part is None or part.seller_id != seller_id or part.confirmed_at is None:
        return None
    packed = {line.id: line.open_quantity for line in part.lines}
    if shipment_id is not None:
        shipment = shipments(shipment_ids=[shipment_id]).get(shipment_id)
        if shipment is None or shipment.seller_order_id != part.id:
            return None
        packed = {line.order_line_id: line.quantity for line in shipment.lines}
    lines = (
        PackingLine(
            sku=line.sku,
            title=line.title,
            options=tuple(
                " ".join(map(str, pair)) if isinstance(pair, list) else str(pair)
                for pair in line.options
            ),
            quantity=packed.get(line.id, 0),
            ordered=line.quantity,
        )
        for line in part.lines
    )
    return PackingSlip(
        seller_id=seller_id,
        number=part.number,
        order_number=part.order_number,
        placed_at=part.placed_at,
        ship_to=AddressData.from_dict(part.ship_to),
        method=str(part.shipping_method.get("name", "")),
        carrier=str(part.shipping_method.get("carrier", "")),
        lines=tuple(line for line in lines if line.quantity),
    )
