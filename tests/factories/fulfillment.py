"""Carriers, ways to send, and parcels that left or arrived."""

from commerce.fulfillment import operations
from commerce.orders.types import SellerOrderData

USPS = "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}"


def make_carrier(code: str = "usps", *, tracking_url: str = USPS) -> str:
    """A parcel service; returns its code."""
    operations.add_carrier(code=code, name=code.upper(), tracking_url=tracking_url)
    return code


def shipped(part: SellerOrderData) -> int:
    """Send all of a seller order in one parcel; returns the shipment's id."""
    return operations.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code=make_carrier(),
        tracking_number="9400 1000 0000 0000 0000 00",
    )


def delivered(part: SellerOrderData) -> int:
    """Send all of a seller order and let it arrive; returns the shipment's id."""
    shipment_id = shipped(part)
    operations.deliver(seller_id=part.seller_id, shipment_id=shipment_id)
    return shipment_id
