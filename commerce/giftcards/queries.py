from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from commerce.credits import queries as credits
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.payments import queries as payments
from commerce.payments.types import PaymentData

from .models import LENGTH, Purchase
from .types import PREFIX, Offered, PurchaseData, Standing
from .wording import MOST_LETTERS, MOST_OF_NAME, harmless, objection_to_message, objection_to_name

__all__ = [
    "MOST_LETTERS",
    "MOST_OF_NAME",
    "as_data",
    "by_report_key",
    "current_attempt",
    "harmless",
    "is_gift",
    "objection_to_message",
    "objection_to_name",
    "of_payment",
    "offered",
    "purchase",
    "purchases",
    "report_key",
    "standing",
    "token_of",
]

_REPORTS = signing.Signer(salt="gift card reports", sep="~")


def is_gift(*, order_token: str) -> bool:
    """Whether a payment is for a gift card, and not for an order. Asks nobody."""
    return order_token.startswith(PREFIX) and len(order_token) > LENGTH


def offered() -> Offered:
    """Return what amounts and days a shopper can choose, by the database's clock."""
    currency = settings.BASE_CURRENCY
    today = clock.now().date()
    return Offered(
        currency=currency,
        amounts=tuple(Money(minor, currency) for minor in settings.GIFT_CARD_AMOUNTS),
        least=Money(settings.GIFT_CARD_LEAST, currency),
        most=Money(settings.GIFT_CARD_MOST, currency),
        today=today,
        last_day=today + timedelta(days=settings.GIFT_CARD_DAYS_AHEAD),
    )


def purchase(*, token: str) -> PurchaseData | None:
    """Return a purchase by its unguessable link."""
    row = Purchase.objects.filter(token=token).first()
    return as_data(row) if row else None


def purchases(*, purchase_ids: Sequence[int]) -> dict[int, PurchaseData]:
    """Return purchases by id."""
    return {row.pk: as_data(row) for row in Purchase.objects.filter(pk__in=purchase_ids)}


def report_key(*, purchase_id: int) -> str:
    """Return what lets whoever got a card report its mail, and nothing else."""
    return _REPORTS.sign(str(purchase_id))


def by_report_key(*, key: str) -> PurchaseData | None:
    """Return the paid purchase whose mail held this key."""
    try:
        purchase_id = int(_REPORTS.unsign(key))
    except (signing.BadSignature, ValueError):
        return None
    row = Purchase.objects.filter(pk=purchase_id, credit__isnull=False).first()
    return as_data(row) if row else None


def of_payment(*, order_token: str) -> PurchaseData | None:
    """Return the purchase that a payment is for; None for an order's."""
    return purchase(token=token_of(order_token)) if is_gift(order_token=order_token) else None


def token_of(order_token: str) -> str:
    """Return a purchase's own token from what payments know it by."""
    return order_token[len(PREFIX) :]


def standing(*, purchase: PurchaseData) -> Standing:
    """Return what can be done about a purchase now, and what went wrong with its payment."""
    attempts = payments.of_order(order_tokens=[purchase.payment_token])
    current = current_attempt(attempts.get(purchase.payment_token, []))
    left = None
    if purchase.credit_id is not None:
        left = credits.credits(credit_ids=[purchase.credit_id])[purchase.credit_id].balance
    until = None
    if purchase.state == "paid" and purchase.paid_at is not None and left is not None:
        until = purchase.paid_at + timedelta(days=settings.GIFT_CARD_WITHDRAW_DAYS)
        until = until if left.minor and clock.now() < until else None
    return Standing(
        left=left,
        withdraw_until=until,
        may_pay=purchase.state == "pending" and current is not None and current.state == "created",
        in_review=current is not None and current.state == "review",
        with_bank=current is not None and current.state == "processing",
        problem=payments.decline_told(failure_code=current.failure_code) if current else "",
    )


def current_attempt(attempts: list[PaymentData]) -> PaymentData | None:
    """Return the last of a purchase's attempts to pay; there is one unless it was begun anew."""
    return attempts[-1] if attempts else None


def as_data(row: Purchase) -> PurchaseData:
    """Turn a row into what crosses the boundary."""
    kept: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "token", "state", "sender_name", "sender_email", "recipient_name", "recipient_email",
            "message", "deliver_on", "credit_id", "created_at", "paid_at", "delivered_at",
            "ended_at", "reason", "reported_at",
        )
    }  # fmt: skip
    return PurchaseData(
        id=row.pk,
        number=str(row),
        amount=Money(row.amount_minor, row.currency),
        refunded=Money(row.refunded_minor, row.currency),
        **kept,
    )
