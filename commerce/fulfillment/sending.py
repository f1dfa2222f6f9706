"""Parcels that leave, wait to be picked up, and arrive."""

import re
from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from commerce.accounts.types import AddressData
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.kernel import actor
from commerce.kernel.confinement import unconfined
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import SellerOrderData
from commerce.outbox.bus import publish

from .ending import settle_part
from .events import ShipmentDelivered, ShipmentShipped
from .models import Carrier, Label, Shipment, ShipmentLine
from .offering import PICK_UP, NotFound, UnknownCarrier
from .queries import labeled_units
from .senders import origin_for

MAX_TRACKING = 60
_STATES = {
    "pending": "is not paid yet",
    "shipped": "was shipped completely",
    "delivered": "was delivered",
    "canceled": "was canceled",
    "returned": "came back",
    "reserved": "is not charged yet: that is done once every seller of it is ready",
}


class NotShippable(ValueError):
    """The order is in a state in which nothing more can leave the house."""

    def __init__(self, *, number: str, state: str) -> None:
        self.number, self.state = number, state
        super().__init__(f"Order {number} {_STATES.get(state, state)}, so nothing can be shipped.")


class TooMany(ValueError):
    """More would leave the house than is still open of a line."""

    def __init__(self, *, line_id: int, title: str, left: int) -> None:
        self.line_id, self.title, self.left = line_id, title, left
        super().__init__(f"Only {left} of “{title}” are left to ship. Enter {left} or fewer.")


class NothingToShip(ValueError):
    """The parcel would be empty."""

    def __init__(self) -> None:
        super().__init__("Enter how many of at least one item are in the parcel.")


class InvalidTracking(ValueError):
    """The tracking number is missing or cannot be one."""


class NotLabeled(ValueError):
    """The label was not bought, was given back, or is on a parcel already."""

    def __init__(self) -> None:
        super().__init__("This label cannot be used: it was given back or used before.")


class NotPickedUp(ValueError):
    """The shopper did not choose to pick this order up."""

    def __init__(self) -> None:
        super().__init__("This order is to be sent, not picked up.")


@transaction.atomic
def ship(
    *,
    seller_id: int,
    seller_order_id: int,
    carrier_code: str,
    tracking_number: str,
    quantities: Mapping[int, int] | None = None,
    location_id: int | None = None,
) -> int:
    """Record a parcel that left the seller; returns its id.

    Quantities are by order line; without them, all that is still open and has no
    label is in it. Raises NotFound, NotShippable, TooMany, NothingToShip,
    UnknownCarrier, InvalidTracking.
    """
    part = own_part(seller_id, seller_order_id)
    carrier = Carrier.objects.exclude(code=PICK_UP).filter(code=carrier_code).first()
    if carrier is None:
        raise UnknownCarrier(carrier_code)
    number = _checked_tracking(tracking_number, carrier)
    orders.lock(token=part.order_token)
    parcel = Shipment(
        seller_id=seller_id,
        seller_order_id=part.id,
        carrier=carrier,
        tracking_number=number,
        location_id=location_id,
        destination=part.ship_to,
    )
    actor.tell_database(cause="shipped by the seller")
    return _send(part, parcel, _without_labels(part, quantities))


@unconfined()  # a label has a price: its row is not the seller's people's to lock
@transaction.atomic
def hand_over(*, seller_id: int, label_id: int) -> int:
    """Record that the parcel of a label left; returns its id, the same when repeated.

    Raises NotFound, NotLabeled, NotShippable, TooMany.
    """
    label = Label.objects.filter(pk=label_id, seller_id=seller_id).first()
    if label is None:
        raise NotFound(label_id)
    part = own_part(seller_id, label.seller_order_id)
    orders.lock(token=part.order_token)
    known = Shipment.objects.filter(label_id=label_id).first()
    if known is not None:
        return known.pk
    label = Label.objects.select_for_update().get(pk=label_id)
    if label.state != Label.State.BOUGHT:
        raise NotLabeled
    carrier, _ = Carrier.objects.get_or_create(
        code=label.carrier_name, defaults={"name": label.carrier_name.upper()}
    )
    parcel = Shipment(
        seller_id=seller_id,
        seller_order_id=part.id,
        carrier=carrier,
        tracking_number=label.tracking_number,
        tracker_id=label.tracker_id,
        label=label,
        location_id=label.location_id,
        origin=label.origin,
        destination=label.destination,
    )
    actor.tell_database(cause="handed to the carrier")
    packed = label.lines.values_list("order_line_id", "quantity")
    return _send(part, parcel, dict(packed))


@transaction.atomic
def make_ready(
    *, seller_id: int, seller_order_id: int, quantities: Mapping[int, int] | None = None
) -> int:
    """Put what the shopper picks up aside, and tell them; returns the parcel's id.

    Raises NotFound, NotPickedUp, NotShippable, TooMany, NothingToShip.
    """
    part = own_part(seller_id, seller_order_id)
    place = part.shipping_method.get("pick_up")
    if not place:
        raise NotPickedUp
    store = AddressData.from_dict(place["address"]).as_dict()
    parcel = Shipment(
        seller_id=seller_id,
        seller_order_id=part.id,
        carrier=Carrier.objects.get(code=PICK_UP),
        state=Shipment.State.READY,
        location_id=part.shipping_method.get("location_id"),
        origin=store,
        destination=store,
    )
    actor.tell_database(cause="ready to be picked up")
    return _send(part, parcel, quantities)


@unconfined()  # a payment is looked at, which is nobody's of the seller's people
@transaction.atomic
def promise(*, seller_id: int, seller_order_id: int) -> bool:
    """Say that a part can be sent, so that its order is charged once all its sellers have answered.

    Returns False when that was said before, or is not asked. Raises NotFound and
    NotShippable.
    """
    part = own_part(seller_id, seller_order_id)
    if not orders.lock(token=part.order_token).awaits_capture:
        return False
    part = own_part(seller_id, seller_order_id)
    if part.state == "processing":
        return False
    actor.tell_database(cause="ready to be sent")
    try:
        orders.advance(seller_order_id=part.id, to_state="processing")
    except orders.IllegalMove as refusal:
        raise NotShippable(number=part.number, state=refusal.from_state) from refusal
    return True


@transaction.atomic
def start_packing(*, seller_id: int, seller_order_id: int) -> bool:
    """Say that a part is being packed, for its shopper to see; returns False when it was said.

    What is canceled of it meanwhile is canceled as before. For the seller's own people.
    Raises NotFound and NotShippable.
    """
    part = own_part(seller_id, seller_order_id)
    if orders.lock(token=part.order_token).awaits_capture:
        raise NotShippable(number=part.number, state="reserved")
    part = own_part(seller_id, seller_order_id)
    if part.state == "processing":
        return False
    try:
        orders.advance(seller_order_id=part.id, to_state="processing")
    except orders.IllegalMove as refusal:
        raise NotShippable(number=part.number, state=refusal.from_state) from refusal
    return True


def _send(part: SellerOrderData, parcel: Shipment, quantities: Mapping[int, int] | None) -> int:
    """Count what is in a parcel as shipped, write the parcel and report it."""
    if quantities is not None and not any(quantities.values()):
        raise NothingToShip
    try:
        packed = orders.record_shipped(seller_order_id=part.id, quantities=quantities)
    except orders.NotCharged as refusal:
        raise NotShippable(number=part.number, state="reserved") from refusal
    except orders.IllegalMove as refusal:
        raise NotShippable(number=part.number, state=refusal.from_state) from refusal
    except orders.ShipsTooMany as refusal:
        raise TooMany(line_id=refusal.line_id, title=refusal.title, left=refusal.left) from refusal
    if not packed:
        raise NothingToShip
    units = _by_variant(part, packed)
    was_named = parcel.location_id is not None
    _say_where_from(part, parcel, units)
    parcel.save()
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=parcel, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in sorted(packed.items())
    )
    inventory.depart(
        holder=part.order_token,
        quantities=units,
        location_id=parcel.location_id,
        all_from_there=was_named,
    )
    publish(ShipmentShipped(shipment_id=parcel.pk, seller_order_id=part.id))
    return parcel.pk


def _by_variant(part: SellerOrderData, packed: Mapping[int, int]) -> dict[int, int]:
    units: dict[int, int] = {}
    for line in part.lines:
        if line.id in packed:
            units[line.variant_id] = units.get(line.variant_id, 0) + packed[line.id]
    return units


def _say_where_from(part: SellerOrderData, parcel: Shipment, units: Mapping[int, int]) -> None:
    """Complete a parcel's origin: the place most of it was sold from, and that place's address."""
    if parcel.location_id is None:
        counts: dict[int, int] = {}
        for row in stock.allocations(holder=part.order_token):
            count = min(row.quantity - row.departed, units.get(row.variant_id, 0))
            counts[row.location_id] = counts.get(row.location_id, 0) + count
        most = max(counts.values(), default=0)
        parcel.location_id = next((key for key, count in counts.items() if count == most > 0), None)
    if not parcel.origin:
        origin = origin_for(seller_id=part.seller_id, location_id=parcel.location_id)
        parcel.origin = origin.as_dict() if origin else {}


def _without_labels(
    part: SellerOrderData, quantities: Mapping[int, int] | None
) -> Mapping[int, int] | None:
    """Keep units out of a parcel that have a label of their own waiting."""
    taken = labeled_units(seller_order_id=part.id)
    if not taken:
        return quantities
    left = {line.id: line.open_quantity - taken.get(line.id, 0) for line in part.lines}
    if quantities is None:
        return left
    titles = {line.id: line.title for line in part.lines}
    for line_id, quantity in quantities.items():
        if line_id in left and quantity > left[line_id]:
            raise TooMany(line_id=line_id, title=titles[line_id], left=left[line_id])
    return quantities


def own_part(seller_id: int, seller_order_id: int) -> SellerOrderData:
    """Return a seller's own paid part; for this module's own use. Raises NotFound."""
    part = order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id]).get(
        seller_order_id
    )
    if part is None or part.seller_id != seller_id or part.confirmed_at is None:
        raise NotFound(seller_order_id)
    return part


def _checked_tracking(number: str, carrier: Carrier) -> str:
    number = " ".join(number.split())
    if not number and carrier.tracking_url:
        raise InvalidTracking(f"Enter the tracking number that {carrier.name} gave you.")
    if len(number) > MAX_TRACKING:
        raise InvalidTracking(f"A tracking number has at most {MAX_TRACKING} characters.")
    if number and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./_-]*", number):
        raise InvalidTracking("A tracking number has only letters, digits and dashes.")
    return number


@transaction.atomic
def deliver(*, seller_id: int, shipment_id: int) -> bool:
    """Record that a parcel arrived or was picked up; returns False when that was known.

    With its last parcel the seller's part of the order is delivered. One that was
    given up as lost may still arrive. Raises NotFound.
    """
    known = Shipment.objects.filter(pk=shipment_id, seller_id=seller_id).first()
    if known is None:
        raise NotFound(shipment_id)
    part = own_part(seller_id, known.seller_order_id)
    orders.lock(token=part.order_token)
    changed = (
        Shipment.objects.filter(pk=shipment_id)
        .exclude(state=Shipment.State.DELIVERED)
        .update(state=Shipment.State.DELIVERED, delivered_at=Now())
    )
    if not changed:
        return False
    actor.tell_database(cause="delivered")
    publish(ShipmentDelivered(shipment_id=shipment_id, seller_order_id=part.id))
    settle_part(seller_order_id=part.id)
    return True
