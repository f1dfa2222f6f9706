"""Carriers, ways to send, and parcels that left or arrived."""

from datetime import time
from typing import Any

from commerce.fulfillment import operations
from commerce.kernel.money import Money
from commerce.orders.types import SellerOrderData
from tests.factories.accounts import SAN_FRANCISCO

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


def plan_dispatch(seller_id: int) -> None:
    """Let a seller's parcels leave from San Francisco on weekdays."""
    operations.set_dispatch(
        seller_id=seller_id,
        plan=operations.DispatchPlan(
            country="US", time_zone="America/Los_Angeles", handling_days=1, cutoff=time(14),
            working_days=[0, 1, 2, 3, 4], origin=SAN_FRANCISCO,
        ),
    )  # fmt: skip


def labeled(part: SellerOrderData, *, key: str = "parcel", **changes: Any) -> int:
    """Buy a Priority label for what is open of a seller order; returns its id."""
    plan_dispatch(part.seller_id)
    make_carrier()
    return operations.buy_label(
        **{
            "seller_id": part.seller_id, "seller_order_id": part.id, "key": key,
            "carrier": "usps", "service": "Priority", "most": Money(5000, "USD"),
            "weight_grams": 800, **changes,
        }
    )  # fmt: skip
