"""One cart, several submits at once: one order, one payment page, one charge."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from commerce.checkout import operations as checkout
from commerce.checkout.models import Checkout
from commerce.checkout.types import Placed
from commerce.gateways import stripe_calls
from commerce.kernel import actor
from commerce.kernel.tokens import new_token
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.models import Order
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.factories.orders import ReadyCart, make_ready_cart
from tests.support.provider import charges, pages
from tests.support.race import meeting, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_control_looking_before_placing_makes_several_orders(double: StripeDouble) -> None:
    """What `place` would be without the cart's lock and the unique key on its order."""
    ready = make_ready_cart()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_order_per_cart")
    try:
        all_have_looked = meeting(4)
        race(lambda: place_carelessly(ready, all_have_looked), times=4)

        assert Order.objects.count() > 1
    finally:
        forget_all_orders()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX one_order_per_cart ON orders_order (cart_id)"
                " WHERE NOT state = 'canceled'"
            )


def place_carelessly(ready: ReadyCart, all_have_looked: Callable[[], object]) -> None:
    agreement = checkout.placing.Agreement(
        cart_token=ready.token,
        user_id=None,
        expected_total=ready.total,
        return_url="https://shop.example/ORDER",
        cancel_url="https://shop.example/ORDER",
    )
    number, moment = orders.next_number()
    with transaction.atomic():
        actor.tell_database()
        told = Checkout.objects.get(cart__token=ready.token)
        if order_queries.of_cart(cart_id=told.cart_id) is not None:
            return
        all_have_looked()
        review = checkout.placing._reviewed(told, agreement)
        address, quote = checkout.placing._agreed(review, agreement)
        draft = checkout.placing._draft(review, address, quote, None, moment)
        orders.place(draft=draft, number=number, token=new_token())


def forget_all_orders() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM orders_orderline")
        cursor.execute("DELETE FROM orders_orderevent")
        cursor.execute("DELETE FROM orders_sellerorder")
        cursor.execute("DELETE FROM orders_order")


def test_two_tabs_lead_to_one_order_and_one_page(double: StripeDouble) -> None:
    ready = make_ready_cart()

    results = race(ready.place, times=2)

    assert [type(result) for result in results] == [Placed, Placed]
    assert len({result.payment_url for result in results}) == 1
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1
    assert pages(double) == 1


def test_eight_submits_and_two_payments_make_one_charge(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed: list[Any] = race(ready.place, times=8)
    stripe_calls.breaker.succeeded()
    [token] = {result.order_token for result in placed}
    [url] = {result.payment_url for result in placed if result.payment_url}

    race(lambda: double.pay(url), times=2)
    states = race(lambda: checkout.finalise(order_token=token), times=4)

    assert states == ["confirmed"] * 4
    assert len(charges(double)) == 1


def test_submitting_while_turning_back_never_leaves_a_page_that_can_be_paid_for_nothing(
    double: StripeDouble,
) -> None:
    ready = make_ready_cart()
    placed = ready.place()

    race(lambda: checkout.abandon(order_token=placed.order_token), times=3)

    order = order_queries.ref(token=placed.order_token)
    assert order is not None
    assert order.state == "canceled"
    assert charges(double) == []
