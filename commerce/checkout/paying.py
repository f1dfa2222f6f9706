"""Opening the provider's payment page, so that however it fails, nobody pays twice.

The address of a page is given to the shopper only after it was written down, and
it is written down only on an attempt that is still alive. So an attempt without a
recorded page cannot be paid by anybody, and may be ended without asking.
"""

from datetime import timedelta
from typing import NamedTuple

import structlog
from django.db import transaction

from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    SessionData,
    SessionLine,
    SessionRequest,
    get_payment_gateway,
)
from commerce.inventory import operations as inventory
from commerce.kernel import clock
from commerce.kernel.failpoints import failpoint
from commerce.orders import queries as orders
from commerce.orders.types import OrderDraft, OrderRef
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from .placing import LATE_HOLD_MINUTES, PAGE_LASTS
from .refusals import NotPayable, PaymentRefused
from .releasing import give_up

log = structlog.get_logger(__name__)

# After so many failures under one key its answer may be a stored failure for ever.
PATIENCE = 2
LEAST_PAGE = timedelta(minutes=30)
MOST_NAME = 250


def open_page(*, order: OrderRef, payment: PaymentData, lines: list[SessionLine]) -> str | None:
    """Return the address of the payment page; None when the provider is away.

    Repeating it leads to the same page. Raises PaymentRefused after giving the
    cart back, and NotPayable when the attempt was ended meanwhile.
    """
    gateway = get_payment_gateway()
    failpoint("before_provider")
    try:
        session = gateway.create_session(_request(order, payment, lines))
    except GatewayUnavailable as problem:
        log.warning("checkout.no_page", order=order.number, error=str(problem))
        if payments.note_refusal(payment_id=payment.id) < PATIENCE:
            return None
        return _look_or_start_over(order, payment, lines)
    except GatewayRefused as refusal:
        return _refused(order, payment, lines, refusal)
    failpoint("after_provider")
    return _record(payment, session)


def _record(payment: PaymentData, session: SessionData) -> str:
    url = payment.terms.pay_url or session.url
    if payments.record_session(payment_id=payment.id, session_id=session.id, url=url):
        return url
    known = payment_queries.by_key(idempotency_key=payment.idempotency_key)
    if known is not None and known.is_open and known.session_id == session.id:
        return known.url
    raise NotPayable("canceled")


def fields_here(*, order_token: str) -> SessionData | None:
    """Return what the provider's fields need to be shown to the shopper of an order that waits.

    None when there is nothing to pay here. Raises GatewayUnavailable.
    """
    attempts = payment_queries.of_order(order_tokens=[order_token]).get(order_token, [])
    current = next((each for each in attempts if each.state == "created"), None)
    if current is None or not current.session_id or not current.terms.pay_url:
        return None
    session = get_payment_gateway().retrieve_session(session_id=current.session_id)
    return session if session.secret else None


def _look_or_start_over(
    order: OrderRef, payment: PaymentData, lines: list[SessionLine]
) -> str | None:
    """Find the page that a lost or failed answer was about, else begin a new attempt."""
    try:
        found = get_payment_gateway().find_session(
            attempt_key=payment.idempotency_key, since=payment.created_at
        )
    except (GatewayUnavailable, GatewayRefused):
        return None
    if found is not None and (found.url or payment.terms.pay_url):
        return _record(payment, found)
    return _start_over(order, payment, lines, code="no-page")


def _refused(
    order: OrderRef, payment: PaymentData, lines: list[SessionLine], refusal: GatewayRefused
) -> str | None:
    """A refusal proves that the key never opened a page. An old request is made anew, once."""
    log.warning("checkout.page_refused", order=order.number, code=refusal.code)
    if clock.now() > payment.expires_at - LEAST_PAGE:
        return _start_over(order, payment, lines, code=refusal.code)
    give_up(payment=payment, reason="payment refused", failure_code=refusal.code)
    raise PaymentRefused(code=refusal.code)


def _start_over(
    order: OrderRef, payment: PaymentData, lines: list[SessionLine], *, code: str
) -> str | None:
    """Begin the next attempt. Its page closes later, so the goods are held longer."""
    try:
        with transaction.atomic():
            if not payments.close_unopened(payment_id=payment.id, failure_code=code):
                raise NotPayable("canceled")
            again = payments.start(
                order_token=order.token,
                amount=payment.amount,
                expires_at=clock.now() + PAGE_LASTS,
                success_url=payment.success_url,
                cancel_url=payment.cancel_url,
                previous=payment.attempt,
                terms=payment.terms,
            )
            if order.state == "pending":  # a confirmed order's goods are its own already
                inventory.extend(holder=order.token, minutes=LATE_HOLD_MINUTES)
    except inventory.HoldLost:
        give_up(payment=payment, reason="not paid in time", failure_code=code)
        raise NotPayable("canceled") from None
    try:
        session = get_payment_gateway().create_session(_request(order, again, lines))
    except GatewayUnavailable:
        return None
    except GatewayRefused as refusal:
        give_up(payment=again, reason="payment refused", failure_code=refusal.code)
        raise PaymentRefused(code=refusal.code) from refusal
    return _record(again, session)


def _request(order: OrderRef, payment: PaymentData, lines: list[SessionLine]) -> SessionRequest:
    return SessionRequest(
        idempotency_key=payment.idempotency_key,
        order_token=order.token,
        order_number=order.number,
        group=payment.terms.group or order.token,
        currency=payment.amount.currency,
        amount_minor=payment.amount.minor,
        lines=lines,
        email=order.email,
        success_url=payment.success_url,
        cancel_url=payment.cancel_url,
        expires_at=payment.expires_at,
        methods=payment.terms.methods,
        customer=payment.terms.customer,
        keep=payment.terms.keep,
        later=payment.terms.later,
        here=bool(payment.terms.pay_url),
    )


def lines_of_draft(draft: OrderDraft) -> list[SessionLine]:
    """Itemise an order that was just written."""
    parts = draft.seller_orders
    return _lines(
        [
            _Item(line.title, line.options, line.quantity, line.unit_minor, line.discount_minor)
            for part in parts
            for line in part.lines
        ],
        shipping=sum(part.shipping_minor - part.shipping_discount_minor for part in parts),
        tax=sum(part.tax_minor for part in parts),
        credit=draft.credit_minor,
    )


def lines_of_order(*, order_token: str) -> list[SessionLine]:
    """Itemise a written order: the same as when it was placed, as its key demands."""
    order = orders.order(token=order_token)
    if order is None:
        return []
    return _lines(
        [
            _Item(line.title, line.options, line.quantity, line.unit.minor, line.discount.minor)
            for line in order.lines
        ],
        shipping=order.shipping.minor - order.shipping_discount.minor,
        tax=order.tax.minor,
        credit=order.credit.minor,
    )


class _Item(NamedTuple):
    title: str
    options: list[str]
    quantity: int
    unit_minor: int
    discount_minor: int


def _lines(items: list[_Item], *, shipping: int, tax: int, credit: int) -> list[SessionLine]:
    """Itemise what is due. The provider's page knows no negative line, so a discount is
    taken off its own line, and credit leaves one line with what remains."""
    lines = [_line(item) for item in items]
    if shipping:
        lines.append(SessionLine(name="Shipping", unit_minor=shipping, quantity=1))
    if tax:
        lines.append(SessionLine(name="Tax", unit_minor=tax, quantity=1))
    if credit:
        due = sum(line.unit_minor * line.quantity for line in lines) - credit
        return [SessionLine(name="Your order, less credit", unit_minor=due, quantity=1)]
    return [line for line in lines if line.unit_minor]


def _line(item: _Item) -> SessionLine:
    chosen = f" ({', '.join(item.options)})" if item.options else ""
    name = f"{item.title}{chosen}"[:MOST_NAME]
    if not item.discount_minor:
        return SessionLine(name=name, unit_minor=item.unit_minor, quantity=item.quantity)
    left = item.unit_minor * item.quantity - item.discount_minor
    return SessionLine(name=f"{item.quantity} x {name}"[:MOST_NAME], unit_minor=left, quantity=1)
