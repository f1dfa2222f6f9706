"""What hooks hear. A notice carries what is there when it is written, so order does not matter."""

from commerce.inventory.events import StockChanged
from commerce.orders import queries as orders
from commerce.orders.events import OrderConfirmed
from commerce.outbox.facts import subscribe

from . import operations


@subscribe(StockChanged)
def announce_change(fact: StockChanged) -> None:
    operations.announce_stock(variant_ids=fact.variant_ids)


@subscribe(OrderConfirmed)
def announce_sale(fact: OrderConfirmed) -> None:
    sold = orders.quantities(order_id=fact.order_id)
    operations.announce_stock(variant_ids=sorted(sold))
