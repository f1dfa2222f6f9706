from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from commerce.kernel.money import Money

FOUND = "found:"
"""What the keys of refunds begin with that somebody made in the provider's dashboard."""

KEPT_AS_LOSS = "kept as a loss"
"""What a person decided about such a refund that is for nothing else."""

RefundWay = Literal["method", "store_credit", "gift_card"]
"""How the shopper wants the money back; by "method" it goes where it came from."""


@dataclass(frozen=True, kw_only=True)
class PayTerms:
    """How an attempt may be paid. Fixed with its key: a repeated request must be the same."""

    methods: tuple[str, ...] = ()
    """As the provider calls them; none leaves the choice to its dashboard."""
    customer: str = ""
    """The provider's name for the shopper, who may pay with what is kept there."""
    keep: bool = False
    """Whether the shopper asked to keep this way to pay."""
    pay_url: str = ""
    """Where we show the provider's payment fields; empty leads to the provider's own page."""
    group: str = ""
    """What the provider groups an order's money by: its number, or before that its token."""
    later: bool = False
    """Whether the money is only reserved until the goods are seen to be there."""
    on_shipping: bool = False
    """Whether it stays reserved until every seller is ready to send; implies `later`."""

    def as_dict(self) -> dict[str, Any]:
        """Return what differs from the default, to be stored."""
        default = PayTerms()
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if getattr(self, each.name) != getattr(default, each.name)
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "PayTerms":
        """Read what was stored, by older code too."""
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in stored.items() if name in known}
        if "methods" in given:
            given["methods"] = tuple(given["methods"])
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class PaymentData:
    """One attempt to take the money of an order."""

    id: int
    order_token: str
    attempt: int
    idempotency_key: str
    state: str
    amount: Money
    captured_minor: int
    refunded_minor: int
    fee_minor: int
    session_id: str | None
    payment_id: str | None
    charge_id: str | None
    url: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    refusals: int
    method: str
    failure_code: str
    review_reason: str
    terms: PayTerms
    pay_by: datetime | None
    created_at: datetime
    capture_minor: int | None = None
    """What of the reserved money is to be taken, once that was agreed."""
    capture_by: datetime | None = None
    """When reserved money is taken at the latest."""
    renew_by: datetime | None = None
    """Its reserved money is gone; until when the order waits for a new payment."""

    @property
    def captured(self) -> Money:
        """What was taken."""
        return Money(self.captured_minor, self.amount.currency)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will be asked about it: its money is booked, or people look."""
        return self.state in ("captured", "orphan", "review")

    @property
    def is_open(self) -> bool:
        """Whether the shopper may still pay it, or the provider is at work on it."""
        return self.state in ("created", "processing", "authorized")


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """Money of an order that is reserved and not taken, or was."""

    amount: Money
    capture_by: datetime | None = None
    """When it is taken at the latest."""
    renew_by: datetime | None = None
    """It is gone; until when a new payment is waited for."""


@dataclass(frozen=True, kw_only=True)
class DisputeData:
    """A payment that the shopper's bank questions."""

    id: int
    order_token: str
    amount: Money
    fee: Money
    reason: str
    state: str
    """"open", "won" or "lost"."""
    due_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RefundedOrder:
    """How an amount of an order goes back to its shopper."""

    method_minor: int = 0
    """To the card or whatever else paid it, at the provider."""
    refund_id: int | None = None
    store_credit_minor: int = 0
    gift_card_minor: int = 0
    found_minor: int = 0
    """Made in the provider's dashboard before."""


@dataclass(frozen=True, kw_only=True)
class FoundRefund:
    """A refund that somebody made in the provider's dashboard."""

    id: int
    reference: str
    amount: Money
    unused: Money
    """What of it nobody has said the purpose of."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How attempts to pay ended."""

    days: int
    attempts: int
    paid: int
    declined: int
    errors: int

    @property
    def success_percent(self) -> float | None:
        """Paid of those that a shopper tried to pay."""
        tried = self.paid + self.declined
        return round(100 * self.paid / tried, 2) if tried else None

    @property
    def error_percent(self) -> float | None:
        """Failed through us or the provider, of all."""
        return round(100 * self.errors / self.attempts, 3) if self.attempts else None


@dataclass(frozen=True, kw_only=True)
class SavedMethodData:
    """A way to pay that a person keeps at the provider."""

    id: int
    label: str
    is_default: bool
    since: datetime
