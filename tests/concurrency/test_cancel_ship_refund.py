"""Cancel, ship and refund reach for the same units at the same instant: each unit goes one way."""

import pytest
from django.db import connection
from django.db.models import Sum

from commerce.fulfillment import operations as fulfillment
from commerce.invariants import queries as invariants
from commerce.inventory import operations as inventory
from commerce.orders import adjusting, queries
from commerce.orders import operations as orders
from commerce.orders.models import Adjustment, OrderLine
from commerce.orders.operations import Terms
from commerce.orders.types import OrderData
from commerce.payments.models import Refund
from commerce.returns import operations
from commerce.returns.types import Wish
from tests.factories.fulfillment import make_carrier
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.race import race, race_all

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def make_order() -> OrderData:
    make_carrier()
    order = sell(Sold(seller=make_seller(), quantity=3))
    part = order.seller_orders[0]
    place = inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
    inventory.set_on_hand(
        variant_id=part.lines[0].variant_id, location_id=place, on_hand=1, cause="test"
    )
    return order


def test_cancel_ship_and_refund_at_once_share_the_units_out() -> None:
    for _ in range(ROUNDS):
        order = make_order()
        part = order.seller_orders[0]
        line = part.lines[0].id

        def cancel(count: int, order: OrderData = order, line: int = line) -> object:
            return operations.cancel(order_token=order.token, wish=Wish(units={line: count}))

        def ship(order: OrderData = order, line: int = line) -> object:
            return fulfillment.ship(
                seller_id=order.seller_orders[0].seller_id,
                seller_order_id=order.seller_orders[0].id,
                carrier_code="usps",
                tracking_number="1",
                quantities={line: 2},
            )

        def cannot_deliver(order: OrderData = order, line: int = line) -> object:
            return operations.cancel_for_seller(
                seller_id=order.seller_orders[0].seller_id,
                seller_order_id=order.seller_orders[0].id,
                units={line: 2},
                note="None left",
            )

        race_all([lambda: cancel(2), ship, cannot_deliver, lambda: cancel(1)])

        row = OrderLine.objects.get(pk=line)
        assert row.shipped_quantity + row.canceled_quantity <= 3
        assert row.refunded_quantity == row.canceled_quantity
        paid = Refund.objects.filter(payment__order_token=order.token)
        given = Adjustment.objects.filter(seller_order=part.id)
        assert (paid.aggregate(n=Sum("amount_minor"))["n"] or 0) == (
            given.aggregate(n=Sum("refund_minor"))["n"] or 0
        )
    assert invariants.broken() == []


def test_eight_clicks_cancel_the_last_unit_once() -> None:
    order = make_order()
    line = order.seller_orders[0].lines[0].id

    race(
        lambda: operations.cancel(order_token=order.token, wish=Wish(units={line: 3})),
        times=8,
    )

    assert Adjustment.objects.count() == 1
    assert queries.orders(order_ids=[order.id])[order.id].state == "canceled"
    assert invariants.broken() == []


def test_without_the_lock_and_the_guards_the_same_unit_is_given_back_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: what keeps the units apart is the order's lock, and under it the database."""
    order = make_order()
    part = order.seller_orders[0]
    line = part.lines[0].id
    guards = ["adjusts_exactly", "adjustment_adds_up"]

    def unlocked(seller_order_id: int) -> adjusting._Locked:
        row = adjusting.SellerOrder.objects.select_related("order").get(pk=seller_order_id)
        return adjusting._Locked(
            order=row.order, part=row, lines={each.pk: each for each in row.lines.all()}
        )

    def refund(key: str) -> object:
        terms = Terms(kind="returned", business_key=key)
        return orders.refund_units(seller_order_id=part.id, units={line: 1}, terms=terms)

    fulfillment.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code="usps",
        tracking_number="1",
    )
    orders.record_returned(seller_order_id=part.id, units={line: 1})
    monkeypatch.setattr(adjusting, "_lock", unlocked)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE orders_adjustmentline DROP CONSTRAINT each_unit_given_back_once"
        )
        for guard in guards:
            cursor.execute(f"ALTER TABLE orders_adjustmentline DISABLE TRIGGER {guard}")
    try:
        results = race_all([lambda key=f"r{n}": refund(key) for n in range(6)])
        wrong = Adjustment.objects.count()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("DELETE FROM orders_adjustmentline")
            cursor.execute("DELETE FROM orders_adjustment")
            cursor.execute("SET session_replication_role = origin")
            for guard in guards:
                cursor.execute(f"ALTER TABLE orders_adjustmentline ENABLE TRIGGER {guard}")
            cursor.execute(
                "ALTER TABLE orders_adjustmentline ADD CONSTRAINT each_unit_given_back_once"
                " UNIQUE (order_line_id, after_quantity)"
            )

    assert wrong > 1, results
