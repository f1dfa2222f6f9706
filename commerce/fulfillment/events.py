from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ShipmentShipped(Fact):
    """A parcel left the seller."""

    name: ClassVar[str] = "fulfillment.shipment-shipped.v1"
    shipment_id: int
    seller_order_id: int


@dataclass(frozen=True, kw_only=True)
class ShipmentDelivered(Fact):
    """A parcel reached the shopper."""

    name: ClassVar[str] = "fulfillment.shipment-delivered.v1"
    shipment_id: int
    seller_order_id: int
