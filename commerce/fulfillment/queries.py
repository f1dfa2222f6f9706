from collections.abc import Iterable
from urllib.parse import quote

from django.db.models import Q

from commerce.accounts.types import AddressData
from commerce.kernel.sql import fetch
from commerce.orders import queries as orders

from .models import Carrier, Shipment
from .offering import PICK_UP
from .options import shipping_options, why_not
from .promises import kept as kept_promise
from .types import (
    CarrierData,
    PackingLine,
    PackingSlip,
    ShipmentData,
    ShipmentLineData,
)

__all__ = [
    "carriers",
    "has_label_or_parcel",
    "kept_promise",
    "packing_slip",
    "shipments",
    "shipments_of",
    "shipping_options",
    "tracking_link",
    "why_not",
]

_LEAVING = """
SELECT seller_order_id FROM fulfillment_shipment WHERE seller_order_id = ANY (%s)
UNION
SELECT seller_order_id FROM fulfillment_label
WHERE seller_order_id = ANY (%s) AND state IN ('asked', 'bought', 'voiding')
"""


def carriers() -> list[CarrierData]:
    """Return every parcel service by name: the choices when something is shipped."""
    return [
        CarrierData(code=row.code, name=row.name, phone=row.phone)
        for row in Carrier.objects.exclude(code=PICK_UP).order_by("name")
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
