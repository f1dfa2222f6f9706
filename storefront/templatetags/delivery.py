"""Filters that say how goods reach the shopper: ways of shipping, parcels, what carriers tell."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import template

from commerce.checkout.types import SellerPart
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import ShipmentData, ShippingOption, TrackingEventData
from commerce.orders.types import SellerOrderData

from .addresses import address_lines

register = template.Library()

Rows = list[dict[str, Any]]
PARCEL_STATES = {
    "pre_transit": "Ready for the carrier",
    "in_transit": "On its way",
    "out_for_delivery": "Out for delivery today",
    "available_for_pickup": "Waits at the carrier's shop for you",
    "return_to_sender": "On its way back to the seller",
    "failure": "The carrier could not deliver it",
}


@register.filter
def delivery_note(option: ShippingOption) -> str:
    """Say who brings it and when it arrives."""
    if option.promised_from is None or option.promised_to is None:
        return option.carrier
    days = _span(option.promised_from, option.promised_to)
    if option.pick_up:
        return f"ready to pick up {days}"
    return f"{option.carrier}, arrives {days}"


@register.filter
def is_chosen(option: ShippingOption, part: SellerPart) -> bool:
    """Tell whether this way of shipping is picked; the first is until one is."""
    chosen = part.chosen or (part.options[0] if part.options else None)
    return chosen is not None and chosen.method_id == option.method_id


@register.filter
def expected_delivery(part: SellerOrderData) -> str:
    """Say between which days the parcel should arrive, as it was promised with the order."""
    method = part.shipping_method
    promise = fulfillment.kept_promise(method)
    if promise:
        word = "ready to pick up" if method.get("pick_up") else "expected"
        return f"{word} {_span(promise.first, promise.last)}"
    start = (part.confirmed_at or part.placed_at).date()
    least, most = int(method.get("min_days", 1)), int(method.get("max_days", 7))
    return f"expected {_span(start + timedelta(days=least), start + timedelta(days=most))}"


@register.filter
def pick_up_of(method: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The store where a part is fetched: its address in lines, and when it is open."""
    place = method.get("pick_up")
    if not place:
        return None
    return {
        "lines": address_lines(place["address"]),
        "opening_hours": place["opening_hours"],
    }


@register.filter
def of_part(
    shipments: Mapping[int, Sequence[ShipmentData]] | None, seller_order_id: int
) -> Sequence[ShipmentData]:
    """The parcels of one seller's part."""
    return (shipments or {}).get(seller_order_id, ())


@register.filter
def parcel_note(shipment: ShipmentData) -> str:
    """Say in a sentence where a parcel is and when it comes."""
    if shipment.delivered_at:
        verb = "Picked up" if shipment.is_pick_up else "Delivered"
        return f"{verb} on {_long(shipment.delivered_at.date())}."
    if shipment.state == "lost":
        return f"Given up as lost, shipped on {_long(shipment.shipped_at.date())}."
    if shipment.is_pick_up:
        return f"Ready since {_long(shipment.shipped_at.date())}."
    said = PARCEL_STATES.get(shipment.status, f"Shipped on {_long(shipment.shipped_at.date())}")
    expected = f", expected {_long(shipment.expected_on)}" if shipment.expected_on else ""
    return f"{said}{expected}."


@register.filter
def steps_of(tracking: Mapping[int, Sequence[TrackingEventData]] | None, shipment_id: int) -> Rows:
    """What the carrier said of one parcel, the latest first."""
    events = (tracking or {}).get(shipment_id, ())
    return [
        {
            "title": event.message,
            "text": event.place,
            "time": f"{event.at.day} {event.at:%B, %H:%M}",
            "datetime": event.at.isoformat(),
            "state": "current" if event is events[0] else "done",
        }
        for event in events
    ]


def _span(first: date, last: date) -> str:
    if first == last:
        return f"{first.day} {first:%B}"
    if first.month == last.month:
        return f"{first.day}–{last.day} {last:%B}"
    return f"{first.day} {first:%B} – {last.day} {last:%B}"


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
