"""The provider's payment page of a purchase, so that however it fails, nobody pays twice.

As for orders: the address of a page is given away only after it was written down, on an
attempt that is still alive. So an attempt without a page can be ended without asking.
Nothing scarce is held, so a purchase whose page failed for good is simply given up.
"""

from datetime import timedelta

import structlog

from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    SessionData,
    SessionLine,
    SessionRequest,
    get_payment_gateway,
)
from commerce.kernel import clock
from commerce.kernel.failpoints import failpoint
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from .queries import current_attempt
from .queries import purchase as find
from .refusals import NoSuchPurchase, NotPayable, PaymentRefused
from .settling import finalise, give_up, settle_attempt
from .types import PurchaseData

log = structlog.get_logger(__name__)

# The provider wants a page to stay open for half an hour from when it is made: it may be
# made late.
PAGE_LASTS = timedelta(minutes=60)
WAIT_FOR_PAGE = timedelta(minutes=25)
# After so many failures under one key its answer may be a stored failure for ever.
PATIENCE = 2


def open_page(*, purchase: PurchaseData, payment: PaymentData) -> str | None:
    """Return the address of the payment page; None when the provider is away.

    Repeating it leads to the same page. Raises PaymentRefused and NotPayable, after which
    the purchase is given up.
    """
    failpoint("gift_before_provider")
    try:
        session = get_payment_gateway().create_session(_request(purchase, payment))
    except GatewayUnavailable as problem:
        log.warning("giftcard.no_page", gift=purchase.number, error=str(problem))
        if payments.note_refusal(payment_id=payment.id) < PATIENCE:
            return None
        return _look(payment)
    except GatewayRefused as refusal:
        log.warning("giftcard.page_refused", gift=purchase.number, code=refusal.code)
        give_up(payment=payment, reason="payment refused", failure_code=refusal.code)
        raise PaymentRefused(code=refusal.code) from refusal
    failpoint("gift_after_provider")
    return _record(payment, session)


def _record(payment: PaymentData, session: SessionData) -> str:
    if payments.record_session(payment_id=payment.id, session_id=session.id, url=session.url):
        return session.url
    known = payment_queries.by_key(idempotency_key=payment.idempotency_key)
    if known is not None and known.is_open and known.session_id == session.id:
        return known.url
    raise NotPayable("canceled")


def _look(payment: PaymentData) -> str | None:
    """Find the page that a lost answer was about; without one the purchase is given up."""
    try:
        found = get_payment_gateway().find_session(
            attempt_key=payment.idempotency_key, since=payment.created_at
        )
    except (GatewayUnavailable, GatewayRefused):
        return None
    if found is not None and found.url:
        return _record(payment, found)
    give_up(payment=payment, reason="no payment page", failure_code="no-page")
    raise NotPayable("canceled")


def _request(purchase: PurchaseData, payment: PaymentData) -> SessionRequest:
    return SessionRequest(
        idempotency_key=payment.idempotency_key,
        order_token=purchase.payment_token,
        order_number=purchase.number,
        group=payment.terms.group or purchase.number,
        currency=payment.amount.currency,
        amount_minor=payment.amount.minor,
        lines=[SessionLine(name="Gift card", unit_minor=payment.amount.minor, quantity=1)],
        email=purchase.sender_email,
        success_url=payment.success_url,
        cancel_url=payment.cancel_url,
        expires_at=payment.expires_at,
        methods=payment.terms.methods,
    )


def reopen(*, token: str) -> str | None:
    """Return the page of a purchase that waits, and make it if there is none yet.

    None when the provider is away. Raises NoSuchPurchase, NotPayable and PaymentRefused.
    """
    purchase = find(token=token)
    if purchase is None:
        raise NoSuchPurchase(token)
    attempts = payment_queries.of_order(order_tokens=[purchase.payment_token])
    attempt = current_attempt(attempts.get(purchase.payment_token, []))
    if purchase.state != "pending" or attempt is None or attempt.state != "created":
        raise NotPayable(purchase.state)
    if attempt.session_id:
        return attempt.url or None
    if clock.now() > attempt.created_at + WAIT_FOR_PAGE:
        give_up(payment=attempt, reason="not paid in time")
        raise NotPayable("canceled")
    return open_page(purchase=purchase, payment=attempt)


def abandon(*, token: str) -> str:
    """Give a purchase up because its buyer turned back; returns where it stands.

    The page is closed at the provider first: when it was paid after all, the card is made.
    "pending" means that the provider could not be asked. Raises NoSuchPurchase.
    """
    purchase = find(token=token)
    if purchase is None:
        raise NoSuchPurchase(token)
    attempts = payment_queries.of_order(order_tokens=[purchase.payment_token])
    attempt = current_attempt(attempts.get(purchase.payment_token, []))
    if purchase.state != "pending" or attempt is None or not attempt.is_open:
        return purchase.state
    if attempt.session_id is None:
        return give_up(payment=attempt, reason="given up by the buyer")
    try:
        provider = get_payment_gateway().cancel(session_id=attempt.session_id)
    except (GatewayUnavailable, GatewayRefused) as problem:
        log.warning("giftcard.not_abandoned", gift=purchase.number, error=str(problem))
        return finalise(token=token)
    return settle_attempt(payment=attempt, provider=provider)
