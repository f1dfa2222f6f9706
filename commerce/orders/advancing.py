"""Moving one seller's part of an order, under the order's lock."""

from django.db.models import F
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.outbox.bus import publish

from .events import SellerOrderMoved
from .models import Order, SellerOrder
from .moves import SELLER_ORDER_MOVES


class IllegalMove(Exception):
    """A seller order cannot go from its state to the asked one."""

    def __init__(self, *, number: str, from_state: str, to_state: str) -> None:
        self.number = number
        self.from_state = from_state
        self.to_state = to_state
        super().__init__(f"{number} is {from_state} and cannot become {to_state}")


def lock_part(seller_order_id: int) -> SellerOrder:
    """Lock the order before its part, as everybody does."""
    order_id = SellerOrder.objects.values_list("order_id", flat=True).get(pk=seller_order_id)
    order = Order.objects.select_for_update().get(pk=order_id)
    part = SellerOrder.objects.select_for_update().get(pk=seller_order_id)
    part.order = order
    return part


def move_part(part: SellerOrder, to_state: str, *, cause: str = "") -> None:
    """Move a locked part along its graph. Raises IllegalMove."""
    if to_state not in SELLER_ORDER_MOVES.get(part.state, ()):
        raise IllegalMove(number=part.number, from_state=part.state, to_state=to_state)
    actor.tell_database(cause=cause or f"seller order {to_state}")
    dated = {"delivered_at": Now()} if to_state == SellerOrder.State.DELIVERED else {}
    SellerOrder.objects.filter(pk=part.pk).update(state=to_state, version=F("version") + 1, **dated)
    part.state = to_state
    publish(SellerOrderMoved(seller_order_id=part.pk, to_state=to_state))
