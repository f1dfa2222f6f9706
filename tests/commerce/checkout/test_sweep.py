"""The sweeper finishes what was interrupted, and gives up what nobody pays."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from commerce.cart import queries as carts
from commerce.checkout import operations
from commerce.gateways import stripe_calls
from commerce.orders import queries as orders
from commerce.orders.models import Order
from commerce.payments import queries as payments
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges

pytestmark = pytest.mark.django_db


def later(minutes: float) -> None:
    """Let time pass for all orders and attempts."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.exclude(check_at=None).update(
            check_at=F("check_at") - timedelta(minutes=minutes)
        )
        Order.objects.update(placed_at=F("placed_at") - timedelta(minutes=minutes))
        cursor.execute("SET LOCAL session_replication_role = origin")


def state(token: str) -> str:
    order = orders.ref(token=token)
    assert order is not None
    return order.state


def test_a_payment_that_nobody_reported_is_found(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url)
    later(1.1)

    assert operations.sweep() == 1
    assert state(placed.order_token) == "confirmed"
    assert operations.sweep() == 0


def test_nobody_is_asked_before_a_minute_has_passed(double: StripeDouble) -> None:
    make_ready_cart().place()

    assert operations.sweep() == 0


def test_an_open_page_is_asked_about_again_later(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    later(1.1)

    assert operations.sweep() == 1
    assert operations.sweep() == 0
    later(1.6)
    assert operations.sweep() == 1
    assert state(placed.order_token) == "pending"


def test_a_page_that_could_not_be_opened_is_opened(double: StripeDouble) -> None:
    double.outage("refuse")
    placed = make_ready_cart().place()
    double.outage(None)
    stripe_calls.breaker.succeeded()
    later(1.1)

    operations.sweep()

    [attempt] = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    assert attempt.url.startswith(double.url)


def test_an_order_without_a_page_is_given_up_after_a_quarter_of_an_hour(
    double: StripeDouble,
) -> None:
    double.outage("refuse")
    ready = make_ready_cart()
    placed = ready.place()
    later(16)

    operations.sweep()

    assert state(placed.order_token) == "canceled"
    assert carts.find(token=ready.token, user_id=None) == ready.token


def test_an_expired_page_gives_the_order_up(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    double.advance(33 * 60)
    later(33)

    operations.sweep()

    assert state(placed.order_token) == "canceled"
    assert carts.find(token=ready.token, user_id=None) == ready.token


def test_with_the_provider_away_the_sweep_stops_and_nothing_is_lost(double: StripeDouble) -> None:
    tokens = []
    for _ in range(3):
        placed = make_ready_cart().place()
        double.pay(str(placed.payment_url))
        tokens.append(placed.order_token)
    double.outage("refuse")
    later(2)

    assert operations.sweep() == 1

    double.outage(None)
    stripe_calls.breaker.succeeded()
    later(2)
    assert operations.sweep() == 3
    assert [state(token) for token in tokens] == ["confirmed"] * 3
    assert len(charges(double)) == 3
