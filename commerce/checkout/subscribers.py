"""What checkout does when the provider reports something: it asks, and settles by the answer.

And when a seller decided about a part of an order whose money is only reserved, or all of
an order was canceled.
"""

from django.db import transaction

from commerce.gateways.notices import hears
from commerce.gateways.payments import ProviderEventData
from commerce.orders import queries as orders
from commerce.orders.events import OrderCanceled, SellerOrderMoved
from commerce.outbox.facts import subscribe
from commerce.payments import operations as paying
from commerce.payments import queries as payments
from commerce.pricing import operations as pricing

from . import operations


@hears(
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
def settle_page(event: ProviderEventData) -> str:
    """The notice names a payment page."""
    return operations.settle_session(session_id=str(event.object.get("id", "")))


@hears(
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
)
def settle_payment(event: ProviderEventData) -> str:
    """The notice names a payment, and that the attempt it belongs to."""
    reference = event.object.get("metadata") or {}
    attempt = payments.by_key(idempotency_key=str(reference.get("attempt", "")))
    if attempt is None:
        return "ignored: not ours"
    if attempt.session_id is None:
        return "ignored: its page tells more"
    return operations.settle_session(session_id=attempt.session_id)


@hears("charge.updated")
def settle_fee(event: ProviderEventData) -> str:
    """The provider may know its fee now."""
    return operations.settle_fee(charge_id=str(event.object.get("id", "")))


@subscribe(SellerOrderMoved)
def look_at_reserved_money(fact: SellerOrderMoved) -> None:
    """Every part may be decided now; a task asks the provider, and the sweeper if that is lost."""
    if fact.to_state not in ("processing", "canceled"):
        return
    part = orders.seller_orders_by_id(seller_order_ids=[fact.seller_order_id])
    token = part[fact.seller_order_id].order_token
    if paying.look_soon(order_token=token):
        from .tasks import nudge  # here, because tasks call operations

        transaction.on_commit(lambda: nudge(order_token=token))


@subscribe(OrderCanceled)
def give_promotions_back(fact: OrderCanceled) -> None:
    """What was paid and then canceled as a whole used no promotion; done twice changes nothing."""
    order = orders.orders(order_ids=[fact.order_id])[fact.order_id]
    pricing.release(order_token=order.token)
