import re
from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import SellerOrderData
from commerce.outbox.bus import publish

from .events import ShipmentDelivered, ShipmentShipped
from .live_rates import forget_old_rates, refresh_rates
from .models import Carrier, Shipment, ShipmentLine
from .offering import (
    DispatchPlan,
    InvalidMethod,
    InvalidPlace,
    InvalidPlan,
    NameTaken,
    NotFound,
    UnknownCarrier,
    ZoneInUse,
    delete_zone,
    save_zone,
    set_dispatch,
    set_pick_up_point,
    set_shipping_method,
    withdraw_shipping_method,
)

__all__ = [
    "DispatchPlan",
    "InvalidMethod",
    "InvalidPlace",
    "InvalidPlan",
    "InvalidTracking",
    "NameTaken",
    "NotFound",
    "NotShippable",
    "NothingToShip",
    "TooMany",
    "UnknownCarrier",
    "ZoneInUse",
    "add_carrier",
    "delete_zone",
    "deliver",
    "forget_old_rates",
    "refresh_rates",
    "save_zone",
    "set_dispatch",
    "set_pick_up_point",
    "set_shipping_method",
    "ship",
    "withdraw_shipping_method",
]

MAX_TRACKING = 60
_STATES = {
    "pending": "is not paid yet",
    "shipped": "was shipped completely",
    "delivered": "was delivered",
    "canceled": "was canceled",
    "returned": "came back",
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


@transaction.atomic
def ship(
    *,
    seller_id: int,
    seller_order_id: int,
    carrier_code: str,
    tracking_number: str,
    quantities: Mapping[int, int] | None = None,
) -> int:
    """Record a parcel that left the seller; returns its id.

    Quantities are by order line; without them, all that is still open is in
    it. Raises NotFound, NotShippable, TooMany, NothingToShip, UnknownCarrier,
    InvalidTracking.
    """
    part = _own_part(seller_id, seller_order_id)
    carrier = Carrier.objects.filter(code=carrier_code).first()
    if carrier is None:
        raise UnknownCarrier(carrier_code)
    number = _checked_tracking(tracking_number, carrier)
    if quantities is not None and not any(quantities.values()):
        raise NothingToShip
    actor.tell_database(cause="shipped by the seller")
    try:
        packed = orders.record_shipped(seller_order_id=part.id, quantities=quantities)
    except orders.IllegalMove as refusal:
        raise NotShippable(number=part.number, state=refusal.from_state) from refusal
    except orders.ShipsTooMany as refusal:
        raise TooMany(line_id=refusal.line_id, title=refusal.title, left=refusal.left) from refusal
    if not packed:
        raise NothingToShip
    shipment = Shipment.objects.create(
        seller_id=seller_id, seller_order_id=part.id, carrier=carrier, tracking_number=number
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=line_id, quantity=quantity)
        for line_id, quantity in sorted(packed.items())
    )
    publish(ShipmentShipped(shipment_id=shipment.pk, seller_order_id=part.id))
    return shipment.pk


def _own_part(seller_id: int, seller_order_id: int) -> SellerOrderData:
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
    """Record that a parcel arrived; returns False when that was known.

    With its last parcel the seller's part of the order is delivered. Raises
    NotFound.
    """
    known = Shipment.objects.filter(pk=shipment_id, seller_id=seller_id).first()
    if known is None:
        raise NotFound(shipment_id)
    part = _own_part(seller_id, known.seller_order_id)
    orders.lock(token=part.order_token)
    changed = Shipment.objects.filter(pk=shipment_id, state=Shipment.State.SHIPPED).update(
        state=Shipment.State.DELIVERED, delivered_at=Now()
    )
    if not changed:
        return False
    actor.tell_database(cause="delivered")
    publish(ShipmentDelivered(shipment_id=shipment_id, seller_order_id=part.id))
    under_way = Shipment.objects.filter(
        seller_order_id=part.id, state=Shipment.State.SHIPPED
    ).exists()
    part = _own_part(seller_id, part.id)
    if part.state == "shipped" and not under_way:
        orders.advance(seller_order_id=part.id, to_state="delivered")
    return True


@transaction.atomic
def add_carrier(*, code: str, name: str, tracking_url: str = "", phone: str = "") -> None:
    """Add a parcel service or correct it; repeating it changes nothing."""
    Carrier.objects.update_or_create(
        code=code, defaults={"name": name, "tracking_url": tracking_url, "phone": phone}
    )
