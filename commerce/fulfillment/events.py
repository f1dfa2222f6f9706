from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ShipmentShipped(Fact):
    """A parcel left the seller, or waits in its store to be picked up."""

    name: ClassVar[str] = "fulfillment.shipment-shipped.v1"
    shipment_id: int
    seller_order_id: int


@dataclass(frozen=True, kw_only=True)
class ShipmentDelivered(Fact):
    """A parcel reached the shopper, or was picked up."""

    name: ClassVar[str] = "fulfillment.shipment-delivered.v1"
    shipment_id: int
    seller_order_id: int


@dataclass(frozen=True, kw_only=True)
class LabelBought(Fact):
    """A label was bought, and its cost was booked against the seller."""

    name: ClassVar[str] = "fulfillment.label-bought.v1"
    label_id: int
    seller_id: int


@dataclass(frozen=True, kw_only=True)
class LabelVoided(Fact):
    """A carrier took a label back, and its cost was booked back to the seller."""

    name: ClassVar[str] = "fulfillment.label-voided.v1"
    label_id: int
    seller_id: int
