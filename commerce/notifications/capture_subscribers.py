"""Mails about money that was reserved first: taken, gone, or never paid."""

from commerce.orders import queries as orders
from commerce.orders.events import OrderCanceled, OrderCharged
from commerce.outbox.facts import subscribe
from commerce.payments import queries as payments
from commerce.payments.events import AuthorizationLapsed
from commerce.sellers import queries as sellers

from . import mails, operations


@subscribe(OrderCharged)
def tell_what_was_charged(fact: OrderCharged) -> None:
    order = orders.orders(order_ids=[fact.order_id])[fact.order_id]
    attempts = payments.of_order(order_tokens=[order.token]).get(order.token, [])
    taken = next((each for each in attempts if each.state == "captured"), None)
    if taken is not None:
        operations.send(**mails.order_charged(order, taken.captured))


@subscribe(OrderCharged)
def tell_sellers_to_send(fact: OrderCharged) -> None:
    parts = orders.seller_orders_of(order_ids=[fact.order_id])[fact.order_id]
    going = [part for part in parts if part.state in ("confirmed", "processing")]
    ids = [part.seller_id for part in going]
    shops, people = sellers.sellers(seller_ids=ids), sellers.members(seller_ids=ids)
    for part in going:
        for member in people[part.seller_id]:
            operations.send(**mails.may_leave(part, shops[part.seller_id], member))


@subscribe(AuthorizationLapsed)
def ask_for_a_new_payment(fact: AuthorizationLapsed) -> None:
    order = orders.order(token=fact.order_token)
    lapsed = payments.by_id(payment_id=fact.payment_id)
    if order is not None and order.awaits_capture and lapsed is not None and lapsed.renew_by:
        operations.send(**mails.payment_lapsed(order, payment_id=lapsed.id, until=lapsed.renew_by))


@subscribe(OrderCanceled)
def tell_that_nothing_was_charged(fact: OrderCanceled) -> None:
    """Only when a new payment was asked for; what sellers cancel is told with their cases."""
    order = orders.orders(order_ids=[fact.order_id])[fact.order_id]
    attempts = payments.of_order(order_tokens=[order.token]).get(order.token, [])
    if any(each.renew_by is not None for each in attempts):
        operations.send(**mails.never_paid(order))
