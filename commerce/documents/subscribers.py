"""Which facts are put on paper: what was paid, and what left the house."""

from commerce.fulfillment.events import ShipmentDelivered, ShipmentShipped
from commerce.orders import queries as orders
from commerce.orders.events import OrderCharged, OrderConfirmed, PartAdjusted
from commerce.outbox.facts import subscribe

from . import operations


@subscribe(OrderConfirmed)
def receipt(fact: OrderConfirmed) -> None:
    if orders.was_paid_at_once(order_id=fact.order_id):
        operations.issue_receipt(order_id=fact.order_id)


@subscribe(OrderCharged)
def receipt_of_what_was_charged(fact: OrderCharged) -> None:
    operations.issue_receipt(order_id=fact.order_id)


@subscribe(ShipmentShipped)
def invoice(fact: ShipmentShipped) -> None:
    operations.issue_invoice(seller_order_id=fact.seller_order_id)


@subscribe(ShipmentDelivered)
def invoice_if_none(fact: ShipmentDelivered) -> None:
    operations.issue_invoice(seller_order_id=fact.seller_order_id)


@subscribe(PartAdjusted)
def credit_note(fact: PartAdjusted) -> None:
    operations.issue_credit_note(adjustment_id=fact.adjustment_id)
