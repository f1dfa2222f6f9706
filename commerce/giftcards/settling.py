"""The only door to a card: money that came for a purchase makes one, or goes back."""

import structlog
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from commerce.credits import operations as credits
from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    ProviderPayment,
    get_payment_gateway,
)
from commerce.kernel import actor
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.sql import is_crowded
from commerce.outbox.bus import publish
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from .events import GiftCardBought
from .models import Purchase
from .queries import token_of
from .refusals import NoSuchPurchase
from .sending import noon_of, send_if_due
from .types import PREFIX

log = structlog.get_logger(__name__)

SOLD = "giftcards:sold"
"""Between the money and the card: it is empty whenever a transaction ends."""


def finalise(*, token: str) -> str:
    """Settle a purchase's payment as far as the provider can be reached; returns its state.

    Idempotent. Raises NoSuchPurchase.
    """
    payment_token = f"{PREFIX}{token}"
    attempts = payment_queries.of_order(order_tokens=[payment_token]).get(payment_token, [])
    current = next((each for each in attempts if each.is_open and each.session_id), None)
    if current is not None:
        try:
            provider = get_payment_gateway().retrieve_payment(session_id=current.session_id)
            return settle_attempt(payment=current, provider=provider)
        except (GatewayUnavailable, GatewayRefused) as problem:
            log.warning("giftcard.not_settled", error=str(problem))
        except OperationalError as error:
            if not is_crowded(error):
                raise
            log.warning("giftcard.not_settled", error=str(error))
    return _state_of(payment_token)


def settle_attempt(*, payment: PaymentData, provider: ProviderPayment) -> str:
    """Bring our books in line with what the provider says of an attempt; returns the
    purchase's state. Idempotent, in any order. Raises GatewayUnavailable."""
    if provider.state in ("paid", "processing", "authorized"):
        livemode = get_payment_gateway().livemode
        problem = payment_queries.mismatch(payment, provider, livemode=livemode)
        if provider.state == "authorized":
            problem = problem or "is only reserved, which was not asked for"
        if problem:
            payments.hold_for_review(payment_id=payment.id, reason=problem)
            return _state_of(payment.order_token)
    if provider.state == "paid":
        return take_money(payment, provider)
    if provider.state in ("expired", "canceled", "failed"):
        return give_up(
            payment=payment,
            reason=f"payment {provider.state}",
            failure_code=provider.failure_code,
            canceled=provider.state != "failed",
            only_unopened=False,
        )
    if provider.state == "processing":
        payments.mark_processing(payment_id=payment.id)
    elif provider.failure_code:
        payments.note_decline(payment_id=payment.id, code=provider.failure_code)
    return _state_of(payment.order_token)


def take_money(payment: PaymentData, provider: ProviderPayment) -> str:
    """Make the card with money that fits it, or owe the money back. Idempotent."""
    with transaction.atomic():
        purchase = lock(token_of(payment.order_token))
        if purchase.state == Purchase.State.PENDING:
            _make_card(purchase, payment, provider)
            failpoint("inside_gift")
            return str(Purchase.State.PAID)
    return return_money(payment, provider, reason=f"paid when the purchase was {purchase.state}")


def _make_card(purchase: Purchase, payment: PaymentData, provider: ProviderPayment) -> None:
    actor.tell_database(cause="paid")
    payments.capture(payment_id=payment.id, provider=provider)
    credit_id = credits.issue(
        kind="gift_card",
        source="purchase",
        amount=payment.amount,
        business_key=f"gift:{purchase.pk}",
        reason=f"bought as {purchase}",
        paid_by=SOLD,
        valid_from=noon_of(purchase.deliver_on),
    )
    fee = provider.fee_minor or 0
    gross = payment.amount.minor
    payments.book_capture(
        payment,
        provider,
        kind="gift card sold",
        entries={"stripe": gross - fee, "stripe:fees": fee, SOLD: -gross},
        memo=str(purchase),
    )
    Purchase.objects.filter(pk=purchase.pk).update(
        state=Purchase.State.PAID, credit_id=credit_id, paid_at=Now()
    )
    publish(GiftCardBought(purchase_id=purchase.pk))
    send_if_due(purchase_id=purchase.pk)


def return_money(payment: PaymentData, provider: ProviderPayment, *, reason: str) -> str:
    """Owe money back that makes no card. Does nothing when it was booked before."""
    with transaction.atomic():
        purchase = lock(token_of(payment.order_token))
        if not payments.capture(payment_id=payment.id, provider=provider, orphan=True):
            return purchase.state
        log.error("payment.orphan", order=str(purchase), reason=reason)
        payments.book_orphan(payment, provider, memo=f"{purchase}: {reason}")
        payments.request_refund(
            payment_id=payment.id,
            amount=Money(provider.amount_minor, provider.currency),
            business_key=f"refund:{provider.charge_id}",
            reason=reason,
        )
        _cancel(purchase, reason)
    return _state_of(payment.order_token)


def give_up(
    *,
    payment: PaymentData,
    reason: str,
    failure_code: str = "",
    canceled: bool = False,
    only_unopened: bool = True,
) -> str:
    """End an attempt that can bring no money, and its purchase with it; returns its state.

    With `only_unopened`, an attempt whose page was opened meanwhile is left alone.
    """
    with transaction.atomic():
        purchase = lock(token_of(payment.order_token))
        if only_unopened:
            ended = payments.close_unopened(payment_id=payment.id, failure_code=failure_code)
        else:
            ended = payments.close(
                payment_id=payment.id, canceled=canceled, failure_code=failure_code
            )
        if ended:
            _cancel(purchase, reason)
    return _state_of(payment.order_token)


def cancel_reviewed(payment: PaymentData) -> str:
    """End an attempt in review that brought nothing, and its purchase with it."""
    with transaction.atomic():
        purchase = lock(token_of(payment.order_token))
        if payments.close_reviewed(payment_id=payment.id):
            _cancel(purchase, "payment returned after review")
    return _state_of(payment.order_token)


def _cancel(purchase: Purchase, reason: str) -> None:
    """End a locked purchase that waits; one that made its card stays as it is."""
    actor.tell_database(cause=reason)
    Purchase.objects.filter(pk=purchase.pk, state=Purchase.State.PENDING).update(
        state=Purchase.State.CANCELED, ended_at=Now(), reason=reason[:200]
    )


def lock(token: str) -> Purchase:
    """Keep a purchase as it is until the commit; for this module's own use.

    Raises NoSuchPurchase.
    """
    purchase = Purchase.objects.select_for_update().filter(token=token).first()
    if purchase is None:
        raise NoSuchPurchase(token)
    return purchase


def _state_of(payment_token: str) -> str:
    token = token_of(payment_token)
    state = Purchase.objects.filter(token=token).values_list("state", flat=True).first()
    if state is None:
        raise NoSuchPurchase(token)
    return state
