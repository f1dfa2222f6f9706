"""What the shop asks of a payment provider, whoever it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from django.core.cache import cache

PaymentState = Literal["open", "processing", "authorized", "paid", "expired", "failed", "canceled"]


class GatewayUnavailable(Exception):
    """The provider did not answer in time, or not sensibly; what was asked may have happened."""


class GatewayRefused(Exception):
    """The provider understood and said no; nothing was done."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class NotAuthentic(Exception):
    """A notice does not carry a valid signature of ours, or is of the other mode."""


class InTransaction(RuntimeError):
    """The provider was about to be called while a database transaction was open."""


AWAY = "payments:away"
"""The cache's key while calls keep failing, whichever process made them."""
BANK_TRANSFER = "customer_balance"
"""As the provider calls it: money goes to an account which it keeps for the customer."""


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    name: str
    unit_minor: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class SessionRequest:
    """A hosted payment page for one attempt. The same key must always carry the same request."""

    idempotency_key: str
    order_token: str
    order_number: str
    group: str
    """What transfers to sellers are found by; it is shown in the provider's dashboard."""
    currency: str
    amount_minor: int
    lines: Sequence[SessionLine]
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    methods: Sequence[str] = ()
    """As the provider calls them; none leaves the choice to its dashboard."""
    customer: str = ""
    keep: bool = False
    later: bool = False
    here: bool = False
    """Whether its fields are shown in a page of ours."""


@dataclass(frozen=True, kw_only=True)
class SessionData:
    id: str
    url: str
    secret: str = ""
    """What lets a browser fill in its fields; for the shopper alone."""


@dataclass(frozen=True, kw_only=True)
class ProviderPayment:
    """What the provider says of a payment now."""

    state: PaymentState
    amount_minor: int
    currency: str
    livemode: bool
    order_token: str
    attempt_key: str = ""
    session_id: str | None = None
    payment_id: str | None = None
    charge_id: str | None = None
    method: str = ""
    authorization_code: str = ""
    failure_code: str = ""
    fee_minor: int | None = None
    method_token: str = ""
    refunded_minor: int = 0
    capture_before: datetime | None = None
    """When reserved money is free again by itself, where the provider says so."""


@dataclass(frozen=True, kw_only=True)
class ProviderRefund:
    id: str
    state: Literal["pending", "succeeded", "failed"]
    amount_minor: int
    failure_code: str = ""
    reference: str = ""
    """What we asked for it by; empty when somebody else did."""
    charge_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One entry of our balance at the provider; the amount arrives less the fee."""

    id: str
    kind: str
    source: str
    amount_minor: int
    fee_minor: int
    currency: str
    created_at: datetime

    @property
    def net_minor(self) -> int:
        return self.amount_minor - self.fee_minor


@dataclass(frozen=True, kw_only=True)
class ProviderDispute:
    """What the provider says of a payment that the shopper's bank questions."""

    id: str
    charge_id: str
    amount_minor: int
    currency: str
    status: str
    """Such as needs_response, under_review, won, lost or warning_closed."""
    reason: str
    due_by: datetime | None
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccountData:
    id: str
    payouts_enabled: bool
    details_submitted: bool
    seller_id: int | None = None
    bank: str = ""
    """Tells one bank account from another, without telling which it is."""
    currencies: frozenset[str] = frozenset()
    """Those of its bank accounts: money in another would be converted on its way there."""


@dataclass(frozen=True, kw_only=True)
class TransferData:
    id: str
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class PayoutData:
    id: str
    state: Literal["pending", "in_transit", "paid", "failed", "canceled"]
    amount_minor: int
    failure_code: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderEventData:
    """A notice whose signature was checked."""

    id: str
    kind: str
    livemode: bool
    account: str
    object: dict[str, Any] = field(default_factory=dict)


class PaymentGateway(Protocol):
    """Every method raises GatewayUnavailable, GatewayRefused or InTransaction."""

    name: str
    livemode: bool

    def create_session(self, request: SessionRequest) -> SessionData:
        """Make the hosted page of an attempt; repeating the request returns the same page."""

    def find_session(self, *, attempt_key: str, since: datetime) -> SessionData | None:
        """Look for an attempt's page by its key among those made since a moment."""

    def retrieve_session(self, *, session_id: str) -> SessionData:
        """Return where, or with what secret, an open attempt is paid."""

    def retrieve_payment(
        self, *, session_id: str | None = None, payment_id: str | None = None
    ) -> ProviderPayment:
        """Say what became of a payment."""

    def retrieve_charge(self, *, charge_id: str) -> ProviderPayment:
        """Say what payment a charge belongs to, and what became of it."""

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        """Return what entered and left our balance since a moment."""

    def cancel(self, *, session_id: str) -> ProviderPayment:
        """Close the hosted page and say what became of the payment; it may have been paid."""

    def capture_payment(
        self, *, idempotency_key: str, payment_id: str, amount_minor: int
    ) -> ProviderPayment:
        """Take reserved money, or a part of it: the rest is free again. Once per key."""

    def cancel_payment(self, *, payment_id: str) -> ProviderPayment:
        """Give up a payment that is not captured, and say what became of it."""

    def refund(
        self,
        *,
        idempotency_key: str,
        reference: str,
        payment_id: str,
        amount_minor: int,
        reason: str,
    ) -> ProviderRefund:
        """Send money back to the shopper, once per key; the reference is what it is found by."""

    def find_refund(self, *, reference: str, payment_id: str) -> ProviderRefund | None:
        """Look for a refund that was asked for by this reference and never answered."""

    def refunds_of(self, *, payment_id: str) -> list[ProviderRefund]:
        """Return every refund of a payment, whoever asked for it."""

    def retrieve_refund(self, *, refund_id: str) -> ProviderRefund:
        """Say what became of a refund."""

    def retrieve_dispute(self, *, dispute_id: str) -> ProviderDispute:
        """Say where a dispute stands and what it moved."""

    def answer_dispute(self, *, dispute_id: str, evidence: str) -> ProviderDispute:
        """Send what speaks for us; the bank decides."""

    def accept_dispute(self, *, dispute_id: str) -> ProviderDispute:
        """Give a dispute up as lost."""

    def create_customer(
        self, *, idempotency_key: str, email: str, user_id: int | None = None
    ) -> str:
        """Make a person or a guest known, once per key; returns the provider's name for them."""

    def forget_method(self, *, method_id: str) -> None:
        """Forget a way to pay that was kept."""

    def create_account(
        self, *, idempotency_key: str, seller_id: int, email: str, country: str, name: str
    ) -> AccountData:
        """Open a connected account for a seller, once per key."""

    def account_link(self, *, account_id: str, refresh_url: str, return_url: str) -> str:
        """Return a single-use address of the provider's onboarding."""

    def retrieve_account(self, *, account_id: str) -> AccountData:
        """Say whether a connected account can be paid out."""

    def transfer(
        self,
        *,
        idempotency_key: str,
        account_id: str,
        amount_minor: int,
        currency: str,
        charge_id: str,
        group: str,
    ) -> TransferData:
        """Move a seller's share of a charge to the connected account, once per key.

        Without a charge it comes out of the marketplace's own balance.
        """

    def find_transfer(self, *, idempotency_key: str, group: str) -> TransferData | None:
        """Look for a transfer that was asked for by this key and never answered."""

    def payout(
        self, *, idempotency_key: str, account_id: str, amount_minor: int, currency: str
    ) -> PayoutData:
        """Pay a connected account's balance out to its bank, once per key."""

    def find_payout(
        self, *, idempotency_key: str, account_id: str, since: datetime
    ) -> PayoutData | None:
        """Look for a payout that was asked for by this key since a moment and never answered."""

    def retrieve_payout(self, *, payout_id: str, account_id: str) -> PayoutData:
        """Say what became of a payout."""

    def parse_webhook(self, *, body: bytes, signature: str) -> ProviderEventData:
        """Check a notice and read it. Raises NotAuthentic."""


# What the provider takes at least, in minor units, by what it settles in; elsewhere about
# half a dollar.
_LEAST = {
    "GBP": 30, "MXN": 1000, "SEK": 300, "NOK": 300, "DKK": 250, "CZK": 1500, "HUF": 17_500,
    "PLN": 200, "RON": 200, "HKD": 400, "THB": 1000, "MYR": 200, "AED": 200,
}  # fmt: skip


# What can be asked for, given back and paid out in the minor unit of ISO 4217, and has a
# smallest amount that is known. Not among them are those that the provider counts otherwise:
# three decimals (only tens are taken), Hungary and Taiwan (paid out in whole units only),
# Iceland, Uganda and Madagascar (other decimals than ISO 4217 says).
TAKEN = frozenset({
    "AED", "AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "JPY", "MXN", "MYR", "NOK",
    "NZD", "PLN", "RON", "SEK", "SGD", "THB", "USD",
})  # fmt: skip


def least_charge(currency: str) -> int:
    """Return the smallest amount that can be asked for, in minor units."""
    return _LEAST.get(currency, 50)


def seems_away() -> bool:
    """Whether calls kept failing a moment ago; False when the cache, which knows, is away too."""
    return bool(cache.get(AWAY))


def get_payment_gateway() -> PaymentGateway:
    """Return the provider that the settings name."""
    from .stripe import gateway_from_settings  # the SDK is loaded on first use: it takes 0.5 s

    return gateway_from_settings()
