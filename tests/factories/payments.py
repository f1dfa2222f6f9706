"""Payment attempts, without a provider."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from commerce.gateways.payments import ProviderPayment
from commerce.kernel.money import Money
from commerce.payments import operations
from commerce.payments.types import PaymentData

_numbers = itertools.count(1)


def make_attempt(minor: int = 5000, *, order_token: str = "") -> PaymentData:
    """An attempt that the provider has not heard of yet."""
    return operations.start(
        order_token=order_token or f"order-{next(_numbers)}",
        amount=Money(minor, "USD"),
        expires_at=datetime.now(tz=UTC) + timedelta(minutes=32),
        success_url="https://shop.example/back",
        cancel_url="https://shop.example/cart",
    )


def paid(payment: PaymentData, **changes: Any) -> ProviderPayment:
    """What the provider says of the attempt when it was paid."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "state": "paid",
        "amount_minor": payment.amount.minor,
        "currency": payment.amount.currency,
        "livemode": False,
        "order_token": payment.order_token,
        "attempt_key": payment.idempotency_key,
        "session_id": payment.session_id or f"cs_test_{number}",
        "payment_id": f"pi_test_{number}",
        "charge_id": f"ch_test_{number}",
        "method": "visa 4242",
        "fee_minor": 175,
    }
    return ProviderPayment(**(values | changes))


def make_captured(minor: int = 5000) -> PaymentData:
    """An attempt whose money came in; no order is attached to it."""
    attempt = make_attempt(minor)
    operations.capture(payment_id=attempt.id, provider=paid(attempt))
    return attempt
