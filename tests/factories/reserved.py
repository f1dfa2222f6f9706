"""Orders that are confirmed on reserved money."""

from typing import Any

from commerce.checkout import operations
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import queries as stock
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.returns import operations as returns
from devtools.stripe_double import StripeDouble
from tests.factories.orders import Wanted, make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import session_of


class Reserved:
    """An order of some sellers whose money is reserved and not taken."""

    def __init__(
        self, double: StripeDouble, sellers: int = 3, *, first_seller: int | None = None
    ) -> None:
        self.double = double
        self.ready = make_ready_cart(
            *[[Wanted(minor=1000 * (n + 1))] for n in range(sellers)], first_seller=first_seller
        )
        placed = self.ready.place()
        self.token = placed.order_token
        url = str(placed.payment_url)
        double.pay(url)
        self.intent = double.world.store.by_id[session_of(url)]["payment_intent"]
        assert operations.finalise(order_token=self.token) == "confirmed"
        check_deferred_constraints()

    @property
    def order(self) -> OrderData:
        found = orders.order(token=self.token)
        assert found is not None
        return found

    def at_provider(self) -> dict[str, Any]:
        return dict(self.double.world.store.by_id[self.intent])

    def promise(self, *numbers: int) -> None:
        for number in numbers:
            part = self.order.seller_orders[number]
            fulfillment.promise(seller_id=part.seller_id, seller_order_id=part.id)

    def cancel(self, *numbers: int) -> None:
        for number in numbers:
            part = self.order.seller_orders[number]
            returns.cancel_for_seller(
                seller_id=part.seller_id,
                seller_order_id=part.id,
                units={line.id: line.quantity for line in part.lines},
                note="",
            )

    def on_hand(self) -> list[int]:
        found = stock.available(variant_ids=self.ready.variants)
        return [int(found[variant].available) for variant in self.ready.variants]

    def tell(self) -> None:
        for delivery in Delivery.objects.filter(delivered_at=None).order_by("pk"):
            deliver(delivery_id=delivery.pk)

    def settle(self) -> str:
        return operations.finalise(order_token=self.token)

    def ship(self, number: int) -> None:
        part = self.order.seller_orders[number]
        fulfillment.ship(
            seller_id=part.seller_id,
            seller_order_id=part.id,
            carrier_code="usps",
            tracking_number="9400111",
        )
