from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class RefundSucceeded(Fact):
    """The provider sent money back to the shopper."""

    name: ClassVar[str] = "payments.refund-succeeded.v1"
    refund_id: int
    order_token: str
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RefundFailed(Fact):
    """The provider will not send the money back; a person has to look."""

    name: ClassVar[str] = "payments.refund-failed.v1"
    refund_id: int
    order_token: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class RefundFound(Fact):
    """Somebody gave money back in the provider's dashboard; the bank may still be at work on it."""

    name: ClassVar[str] = "payments.refund-found.v1"
    refund_id: int
    order_token: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ExcessRefundFound(Fact):
    """Somebody refunded in the provider's dashboard more than was left of a payment."""

    name: ClassVar[str] = "payments.excess-refund-found.v1"
    provider_refund: str
    order_token: str
    amount_minor: int
    left_minor: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class DisputeOpened(Fact):
    """The shopper's bank questions a payment; its money and a fee were taken."""

    name: ClassVar[str] = "payments.dispute-opened.v1"
    dispute_id: int
    order_token: str
    amount_minor: int
    currency: str
    fee_minor: int


@dataclass(frozen=True, kw_only=True)
class DisputeClosed(Fact):
    """A dispute was decided: "won" brought the money back, "lost" did not."""

    name: ClassVar[str] = "payments.dispute-closed.v1"
    dispute_id: int
    order_token: str
    amount_minor: int
    currency: str
    fee_minor: int
    outcome: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationLapsed(Fact):
    """Reserved money of a confirmed order is gone; its shopper is asked for a new payment."""

    name: ClassVar[str] = "payments.authorization-lapsed.v1"
    payment_id: int
    order_token: str
