from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import quote

from django.db.models import Q
from django.db.models.functions import Now

from commerce.accounts.types import AddressData
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.kernel.sql import fetch
from commerce.orders import queries as orders

from . import known_rates
from .customs import crosses_border, customs_of
from .models import Carrier, Label, Shipment, TrackingEvent
from .offering import PICK_UP
from .options import shipping_options, why_not
from .promises import kept as kept_promise
from .types import (
    CarrierData,
    CustomsPaper,
    LabelCost,
    LabelData,
    PackingLine,
    PackingSlip,
    ShipmentData,
    ShipmentLineData,
    TrackingEventData,
)

__all__ = [
    "carrier_currencies",
    "carriers",
    "crosses_border",
    "customs_of",
    "customs_paper",
    "has_label_or_parcel",
    "kept_promise",
    "label_data",
    "label_file",
    "labeled_units",
    "labels_of",
    "packing_slip",
    "return_labels",
    "shipments",
    "shipments_of",
    "shipping_options",
    "stuck_labels",
    "tracking_link",
    "tracking_of",
    "why_not",
]

STUCK_AFTER = timedelta(minutes=10)
_LABELED = """
SELECT l.order_line_id, sum(l.quantity) FROM fulfillment_labelline l
JOIN fulfillment_label b ON b.id = l.label_id
WHERE b.seller_order_id = %s AND b.state IN ('asked', 'bought', 'voiding')
    AND NOT EXISTS (SELECT 1 FROM fulfillment_shipment s WHERE s.label_id = b.id)
GROUP BY l.order_line_id
"""
_LEAVING = """
SELECT seller_order_id FROM fulfillment_shipment WHERE seller_order_id = ANY (%s)
UNION
SELECT seller_order_id FROM fulfillment_label
WHERE seller_order_id = ANY (%s) AND state IN ('asked', 'bought', 'voiding') AND NOT is_return
"""


@unconfined()
def carrier_currencies() -> set[str]:
    """Return in which currencies carriers named prices lately; none when none was asked."""
    return known_rates.currencies()


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
            carrier_phone=row.carrier.phone,
            status=row.status,
            expected_on=row.expected_on,
            label_id=row.label_id,
            location_id=row.location_id,
            origin=row.origin,
            destination=row.destination,
        )
        for row in rows
    ]


def tracking_of(*, shipment_ids: Iterable[int]) -> dict[int, list[TrackingEventData]]:
    """Return what carriers said of each parcel, the latest first."""
    found: dict[int, list[TrackingEventData]] = {pk: [] for pk in shipment_ids}
    rows = TrackingEvent.objects.filter(shipment_id__in=list(found)).order_by("-at", "-pk")
    for row in rows:
        found[row.shipment_id].append(
            TrackingEventData(at=row.at, status=row.status, message=row.message, place=row.place)
        )
    return found


def labels_of(*, seller_order_ids: Iterable[int]) -> dict[int, list[LabelData]]:
    """Return the labels of what each seller order sends, the first asked for first."""
    found: dict[int, list[LabelData]] = {pk: [] for pk in seller_order_ids}
    rows = Label.objects.filter(seller_order_id__in=list(found), is_return=False).prefetch_related(
        "lines"
    )
    used = dict(
        Shipment.objects.filter(seller_order_id__in=list(found), label__isnull=False).values_list(
            "label_id", "pk"
        )
    )
    for row in rows.order_by("pk"):
        found[row.seller_order_id].append(_label(row, used.get(row.pk)))
    return found


def stuck_labels() -> list[int]:
    """Return the ids of labels that a carrier gave no outcome about.

    Asked for ten minutes ago, or bought then and without a sheet to print, or being
    given back. The sweep goes on trying; staff see what it has not managed.
    """
    rows = Label.objects.filter(
        Q(state=Label.State.ASKED, asked_at__lt=Now() - STUCK_AFTER)
        | Q(state=Label.State.VOIDING)
        | Q(state=Label.State.BOUGHT, file="", bought_at__lt=Now() - STUCK_AFTER)
    )
    return list(rows.values_list("pk", flat=True))


def return_labels(*, label_ids: Iterable[int]) -> dict[int, LabelData]:
    """Return labels for parcels that come back, by id."""
    rows = Label.objects.filter(pk__in=list(label_ids), is_return=True)
    return {row.pk: _label(row, None) for row in rows.prefetch_related("lines")}


def _label(row: Label, shipment_id: int | None) -> LabelData:
    return LabelData(
        id=row.pk,
        seller_order_id=row.seller_order_id,
        state=row.state,
        carrier=row.carrier_name,
        service=row.service,
        tracking_number=row.tracking_number,
        cost=None if row.cost_minor is None else Money(row.cost_minor, row.currency),
        has_file=bool(row.file),
        problem=row.problem,
        shipment_id=shipment_id,
        asked_at=row.asked_at,
        has_customs=bool(row.customs),
        lines=tuple(
            ShipmentLineData(order_line_id=line.order_line_id, quantity=line.quantity)
            for line in row.lines.all()
        ),
    )


def customs_paper(*, seller_id: int, label_id: int) -> CustomsPaper | None:
    """Return what a seller's own label declares; None when it crosses no border."""
    label = (
        Label.objects.filter(pk=label_id, seller_id=seller_id, state=Label.State.BOUGHT)
        .exclude(customs={})
        .select_related("seller_order")
        .first()
    )
    if label is None:
        return None
    return CustomsPaper(
        label_id=label.pk,
        number=label.seller_order.number,
        asked_on=label.asked_at.date(),
        tracking_number=label.tracking_number,
        carrier=label.carrier_name,
        service=label.service,
        weight_grams=label.weight_grams,
        origin=label.origin,
        destination=label.destination,
        customs=label.customs,
    )


def label_data(*, label_ids: Iterable[int]) -> dict[int, LabelCost]:
    """Return whose labels these are and what they cost, by id."""
    return {
        row.pk: LabelCost(
            seller_id=row.seller_id,
            seller_order_id=row.seller_order_id,
            cost=Money(row.cost_minor or 0, row.currency),
            tracking_number=row.tracking_number,
            is_sellers=row.payer == Label.Payer.SELLER,
        )
        for row in Label.objects.filter(pk__in=list(label_ids))
    }


def label_file(*, seller_id: int, label_id: int) -> tuple[str, bytes] | None:
    """Return the name and the sheet of a seller's own label; None when there is none."""
    label = Label.objects.filter(pk=label_id, seller_id=seller_id).exclude(file="").first()
    if label is None:
        return None
    with label.file.open("rb") as sheet:
        return str(label.file.name).rsplit("/", 1)[-1], sheet.read()


def has_label_or_parcel(*, seller_order_ids: Iterable[int]) -> set[int]:
    """Return those parts of which something left, waits to be picked up or has a label.

    A label counts from the moment in which the carrier is asked for it until it is
    voided. Who acts on the answer holds the order's lock: labels are asked for and
    parcels are sent under it too.
    """
    wanted = list(set(seller_order_ids))
    return {row[0] for row in fetch(_LEAVING, wanted, wanted)}


def labeled_units(*, seller_order_id: int) -> dict[int, int]:
    """Return for how many units of each line there are labels that no parcel carries yet."""
    rows = fetch(_LABELED, seller_order_id)
    return {line_id: int(quantity) for line_id, quantity in rows}


def packing_slip(
    *,
    seller_id: int,
    seller_order_id: int,
    shipment_id: int | None = None,
    label_id: int | None = None,
) -> PackingSlip | None:
    """Return what goes into a parcel and where it goes; None for anybody else's order.

    With a shipment or a label it is what that parcel holds, else what is still to be
    sent.
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
    if label_id is not None:
        labels = {label.id: label for label in labels_of(seller_order_ids=[part.id])[part.id]}
        if label_id not in labels:
            return None
        packed = {line.order_line_id: line.quantity for line in labels[label_id].lines}
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
