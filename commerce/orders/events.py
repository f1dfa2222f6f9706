from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Fact):
    """A shopper placed an order; it is not paid yet."""

    name: ClassVar[str] = "orders.order-placed.v1"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Fact):
    """An order is paid, its stock claimed and its money booked."""

    name: ClassVar[str] = "orders.order-confirmed.v1"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCharged(Fact):
    """The reserved money of an order was taken for what goes ahead of it; that may be sent."""

    name: ClassVar[str] = "orders.order-charged.v1"
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCanceled(Fact):
    """An order will not be fulfilled."""

    name: ClassVar[str] = "orders.order-canceled.v1"
    order_id: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class SellerOrderMoved(Fact):
    """One seller's part of an order reached a state."""

    name: ClassVar[str] = "orders.seller-order-moved.v1"
    seller_order_id: int
    to_state: str


@dataclass(frozen=True, kw_only=True)
class PartAdjusted(Fact):
    """Money of a seller's part goes back to the shopper; an adjustment says how much and why."""

    name: ClassVar[str] = "orders.part-adjusted.v1"
    adjustment_id: int
    seller_order_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderReaddressed(Fact):
    """An order that was not sent yet goes to another address."""

    name: ClassVar[str] = "orders.order-readdressed.v1"
    order_id: int
