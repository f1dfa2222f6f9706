"""Which facts are put on paper: what was paid, and what left the house."""

from commerce.fulfillment.events import ShipmentDelivered, ShipmentShipped
from commerce.orders.events import OrderConfirmed, PartAdjusted
from commerce.outbox.facts import subscribe

from . import operations


@subscribe(OrderConfirmed)
def receipt(fact: OrderConfirmed) -> None:
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
