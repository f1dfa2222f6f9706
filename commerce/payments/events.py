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
