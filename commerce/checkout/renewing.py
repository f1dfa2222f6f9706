"""A new payment for an order whose reserved money is gone: what goes ahead of it, paid at once."""

from dataclasses import replace

from django.db import transaction

from commerce.gateways.payments import SessionLine
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.orders import operations as orders
from commerce.orders.types import OrderRef
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from . import paying
from .capturing import left_of
from .placing import PAGE_LASTS
from .refusals import NotPayable


def open_renewal(*, order_token: str) -> str | None:
    """Return the address of the page of a new payment; None when the provider is away.

    Raises NotPayable when the order waits for none, and PaymentRefused.
    """
    order, attempt = _attempt(order_token)
    if attempt.session_id:
        return attempt.url or None
    line = SessionLine(name=f"Order {order.number}", unit_minor=attempt.amount.minor, quantity=1)
    return paying.open_page(order=order, payment=attempt, lines=[line])


@transaction.atomic
def _attempt(order_token: str) -> tuple[OrderRef, PaymentData]:
    order = orders.lock(token=order_token)
    attempts = payment_queries.of_order(order_tokens=[order_token]).get(order_token, [])
    lapsed = next((each for each in attempts if each.renew_by is not None), None)
    current = next((each for each in attempts if each.is_open), None)
    if not order.awaits_capture or lapsed is None or lapsed.renew_by is None:
        raise NotPayable(order.state)
    if current is not None and current.state == "created":
        return order, current
    left = left_of(order)
    if current is not None or clock.now() >= lapsed.renew_by or not left.due_minor:
        raise NotPayable(order.state)
    if any(each.state == "review" for each in attempts):
        raise NotPayable(order.state)
    return order, payments.start(
        order_token=order_token,
        amount=Money(left.due_minor, order.total.currency),
        expires_at=clock.now() + PAGE_LASTS,
        success_url=lapsed.success_url,
        cancel_url=lapsed.cancel_url,
        previous=attempts[-1].attempt,
        terms=replace(lapsed.terms, later=False, on_shipping=False),
    )
