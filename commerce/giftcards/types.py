from dataclasses import dataclass
from datetime import date, datetime

from commerce.kernel.money import Money

PREFIX = "gift-"
"""What the payments module knows purchases by begins with it, and is longer than any order's."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody asks for."""

    amount: Money
    sender_name: str
    sender_email: str
    recipient_name: str
    recipient_email: str
    message: str = ""
    deliver_on: date | None = None
    """None for as soon as it is paid."""


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who asks, as far as that is known."""

    user_id: int | None = None
    principal: str = ""
    """Who is behind it, person or network."""


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A purchase that waits for its payment, and where to pay it."""

    token: str
    payment_url: str | None
    """None when the provider is away, or nothing is to be paid any more."""


@dataclass(frozen=True, kw_only=True)
class PurchaseData:
    """A gift card that somebody buys or bought. The code is not in it."""

    id: int
    token: str
    number: str
    state: str
    amount: Money
    refunded: Money
    sender_name: str
    sender_email: str
    recipient_name: str
    recipient_email: str
    message: str
    deliver_on: date | None
    credit_id: int | None
    created_at: datetime
    paid_at: datetime | None
    delivered_at: datetime | None
    ended_at: datetime | None
    reason: str
    reported_at: datetime | None

    @property
    def payment_token(self) -> str:
        """What the payments module knows it by."""
        return f"{PREFIX}{self.token}"


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What amounts and days can be chosen."""

    currency: str
    amounts: tuple[Money, ...]
    least: Money
    most: Money
    today: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What can be done about a purchase now."""

    left: Money | None
    """On the card; None before it is paid."""
    withdraw_until: datetime | None
    """Until when its buyer may have back what is left; None when that is over."""
    may_pay: bool
    in_review: bool
    with_bank: bool
    problem: str = ""
    """Why the last try to pay failed, in words for the shopper."""
