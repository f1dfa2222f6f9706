"""What returns hear: an order is confirmed, and with it how long its goods may go back."""

from commerce.orders.events import OrderConfirmed
from commerce.outbox.facts import subscribe

from . import operations


@subscribe(OrderConfirmed)
def keep_terms(fact: OrderConfirmed) -> None:
    operations.agree(order_id=fact.order_id)
