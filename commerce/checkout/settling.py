"""The only door to "paid". Web, notices and sweeper all come through here, in any order."""

from typing import cast

import structlog
from django.db import OperationalError, transaction

from commerce.credits import operations as credits
from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    ProviderPayment,
    get_payment_gateway,
)
from commerce.giftcards import operations as giftcards
from commerce.giftcards import queries as gifts
from commerce.inventory import operations as inventory
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.sql import is_crowded
from commerce.ledger import operations as ledger
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import OrderRef
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from . import capturing
from .booking import Entries, capture_entries, fee_entries
from .queries import current_attempt
from .releasing import give_up, release_order
from .reserved import take_or_let_go, wait_for_bank
from .types import OrderState

log = structlog.get_logger(__name__)

MONEY_MOVES = ("paid", "processing", "authorized")


class NoSuchOrder(LookupError):
    """No order has this token."""


def settle(*, order_token: str) -> OrderState:
    """Ask the provider about an order's open attempt and do what follows from the answer.

    Raises GatewayUnavailable, GatewayRefused and NoSuchOrder.
    """
    attempts = payment_queries.of_order(order_tokens=[order_token]).get(order_token, [])
    current = next((a for a in attempts if a.is_open and a.session_id), None)
    if current is None:
        return state_of(order_token, attempts)
    provider = get_payment_gateway().retrieve_payment(session_id=current.session_id)
    failpoint("payment_seen")
    return apply(payment=current, provider=provider)


def settle_session(*, session_id: str) -> str:
    """Settle the attempt that a notice is about; returns a word for the notice's log.

    Raises GatewayUnavailable.
    """
    if not session_id:
        return "ignored: names no page"
    payment = payment_queries.by_session(session_id=session_id)
    if payment is not None and payment.is_settled:
        return f"settled before: {payment.state}"
    try:
        provider = get_payment_gateway().retrieve_payment(session_id=session_id)
    except GatewayRefused as refusal:
        return f"ignored: {refusal.code}"
    payment = payment or payment_queries.by_key(idempotency_key=provider.attempt_key)
    if payment is None:
        log.error("payment.unknown", session_id=session_id, state=provider.state)
        return "ignored: not ours"
    if payment.is_settled:
        return f"settled before: {payment.state}"
    if payment.session_id is None:
        payments.record_session(payment_id=payment.id, session_id=session_id, url="")
    return apply(payment=payment, provider=provider)


def state_of(order_token: str, attempts: list[PaymentData] | None = None) -> OrderState:
    """Return where an order stands by our own books. Raises NoSuchOrder."""
    order = order_queries.ref(token=order_token)
    if order is None:
        raise NoSuchOrder(order_token)
    if order.state == "pending":
        if attempts is None:
            attempts = payment_queries.of_order(order_tokens=[order_token]).get(order_token, [])
        if any(attempt.state == "review" for attempt in attempts):
            return "review"
    return cast("OrderState", order.state)


def apply(*, payment: PaymentData, provider: ProviderPayment) -> OrderState:
    """Bring our books in line with what the provider says of an attempt. Idempotent."""
    if gifts.is_gift(order_token=payment.order_token):
        return _state_of_gift(giftcards.settle_attempt(payment=payment, provider=provider))
    if provider.state in MONEY_MOVES:
        if payment.terms.on_shipping:  # the amount may have been agreed since it was read
            payment = payment_queries.by_id(payment_id=payment.id) or payment
        livemode = get_payment_gateway().livemode
        problem = payment_queries.mismatch(payment, provider, livemode=livemode)
        if problem:
            payments.hold_for_review(payment_id=payment.id, reason=problem)
            return state_of(payment.order_token)
    if provider.state == "paid":
        settled = take_money(payment, provider)
        failpoint("after_finalise_commit")
        return settled
    if provider.state in ("expired", "canceled", "failed"):
        if capturing.ask_anew(payment, provider):
            return state_of(payment.order_token)
        state = give_up(
            payment=payment,
            reason=f"payment {provider.state}",
            failure_code=provider.failure_code,
            canceled=provider.state != "failed",
            only_unopened=False,
        )
        return cast("OrderState", state)
    if provider.state == "authorized":
        take = capturing.take_or_wait if payment.terms.on_shipping else take_or_let_go
        taken = take(payment, provider)
        if taken.state != "authorized":
            return apply(payment=payment, provider=taken)
    elif provider.state == "processing":
        wait_for_bank(payment)
    elif provider.failure_code:
        payments.note_decline(payment_id=payment.id, code=provider.failure_code)
    return state_of(payment.order_token, [])


def _state_of_gift(state: str) -> OrderState:
    """Say where a purchase of a gift card stands in the words for orders."""
    words: dict[str, OrderState] = {"pending": "pending", "canceled": "canceled"}
    return words.get(state, "confirmed")


def take_money(payment: PaymentData, provider: ProviderPayment) -> OrderState:
    """Confirm the order with money that fits it, or owe the money back. Idempotent."""
    try:
        with transaction.atomic():
            order = orders.lock(token=payment.order_token)
            if order.state == "pending":
                _confirm(order, payment, provider)
                return "confirmed"
            if order.awaits_capture:
                entries = capturing.charge(order, payment, provider)
                payments.book_capture(
                    payment, provider, kind="capture", entries=entries, memo=order.number
                )
                failpoint("inside_finalise")
                return "confirmed"
    except inventory.OutOfStock:
        return return_money(payment, provider, reason="sold out before the payment arrived")
    return return_money(payment, provider, reason=f"paid when the order was {order.state}")


def _book(
    order: OrderRef, payment: PaymentData, provider: ProviderPayment, entries: Entries
) -> None:
    payments.book_capture(payment, provider, kind="capture", entries=entries, memo=order.number)


def _confirm(order: OrderRef, payment: PaymentData, provider: ProviderPayment) -> None:
    payments.capture(payment_id=payment.id, provider=provider)
    parts = orders.confirm(order_id=order.id)
    entries = capture_entries(
        parts=parts,
        gross_minor=payment.amount.minor,
        fee_minor=provider.fee_minor or 0,
        credit=_spend(order),
    )
    _book(order, payment, provider, entries)
    if payment.terms.keep and provider.method_token:
        payments.keep_method(
            customer=payment.terms.customer,
            provider_method=provider.method_token,
            label=provider.method,
        )
    # Last, because others wait for these rows.
    try:
        inventory.claim(holder=order.token)
    except inventory.HoldLost:
        inventory.claim(
            holder=order.token,
            quantities=order_queries.quantities(order_id=order.id),
            late=order_queries.promised_late(order_id=order.id),
            places=order_queries.places(order_id=order.id),
        )
    failpoint("inside_finalise")


def _spend(order: OrderRef) -> Entries:
    return credits.spend(order_token=order.token) if order.credit.minor else {}


def confirm_unpaid(order: OrderRef) -> None:
    """Confirm an order of which nothing is due, in the transaction that places it."""
    parts = orders.confirm(order_id=order.id)
    entries = capture_entries(parts=parts, gross_minor=0, fee_minor=0, credit=_spend(order))
    if any(entries.values()):
        ledger.post(
            business_key=f"capture-credit:{order.number}",
            kind="paid by credit",
            entries=entries,
            currency=order.total.currency,
            memo=order.number,
        )
    inventory.claim(holder=order.token)


def return_money(payment: PaymentData, provider: ProviderPayment, *, reason: str) -> OrderState:
    """Owe money back that no order can use. Does nothing when the money was booked before."""
    with transaction.atomic():
        order = orders.lock(token=payment.order_token)
        if not payments.capture(payment_id=payment.id, provider=provider, orphan=True):
            return cast("OrderState", order.state)
        log.error("payment.orphan", order=order.number, reason=reason)
        payments.book_orphan(payment, provider, memo=f"{order.number}: {reason}")
        payments.request_refund(
            payment_id=payment.id,
            amount=Money(provider.amount_minor, provider.currency),
            business_key=f"refund:{provider.charge_id}",
            reason=reason,
        )
        if order.state == "pending":
            release_order(order, reason=reason)
    return "confirmed" if order.state == "confirmed" else "canceled"


def settle_fee(*, charge_id: str) -> str:
    """Book a fee that the provider did not know yet when the money was captured."""
    payment = payment_queries.by_charge(charge_id=charge_id)
    if payment is None or payment.fee_minor:
        return "nothing to book"
    provider = get_payment_gateway().retrieve_payment(payment_id=payment.payment_id)
    if provider.fee_minor is None:
        return "no fee yet"
    with transaction.atomic():
        known = payments.record_fee(payment_id=payment.id, fee_minor=provider.fee_minor)
        if known and provider.fee_minor:
            ledger.post(
                business_key=f"fee:{charge_id}",
                kind="fee",
                entries=fee_entries(fee_minor=provider.fee_minor),
                currency=payment.amount.currency,
                memo="named by the provider after the capture",
            )
    return "booked"


def finalise(*, order_token: str) -> OrderState:
    """Settle an order's payment as far as the provider and the rows can be reached. Idempotent.

    Raises NoSuchOrder.
    """
    try:
        return settle(order_token=order_token)
    except (GatewayUnavailable, GatewayRefused) as problem:
        log.warning("checkout.not_settled", order_token=order_token, error=str(problem))
    except OperationalError as error:
        if not is_crowded(error):
            raise
        log.warning("checkout.not_settled", order_token=order_token, error=str(error))
    return state_of(order_token)


def abandon(*, order_token: str) -> OrderState:
    """Give an unpaid order up because its shopper turned back; the cart is theirs again.

    An open payment page is closed at the provider first: only when it says that
    the page is closed is the order canceled, and when it was paid after all, it is
    confirmed. "pending" means that the provider could not be asked. Raises
    NoSuchOrder.
    """
    state = state_of(order_token)
    if state != "pending":
        return state
    current = current_attempt(order_token=order_token)
    if current is None:
        return state
    if current.session_id is None:
        state = cast("OrderState", give_up(payment=current, reason="given up by the shopper"))
        if state != "pending":
            return state
        current = payment_queries.by_key(idempotency_key=current.idempotency_key)
        if current is None or current.session_id is None:
            return state
    try:
        provider = get_payment_gateway().cancel(session_id=str(current.session_id))
    except (GatewayUnavailable, GatewayRefused) as problem:
        log.warning("checkout.not_abandoned", order_token=order_token, error=str(problem))
        return "pending"
    return apply(payment=current, provider=provider)
