"""Turning back on the payment page: the provider closes it first, then the cart comes back."""

import pytest

from commerce.cart import queries as carts
from commerce.checkout import operations
from commerce.gateways import stripe_calls
from commerce.inventory import queries as inventory
from commerce.orders import queries as orders
from commerce.payments import queries as payments
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import charges, session_of

pytestmark = pytest.mark.django_db


def test_the_page_is_closed_and_the_cart_is_open_again(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    assert placed.payment_url is not None

    assert operations.abandon(order_token=placed.order_token) == "canceled"

    status, _, _ = double.pay(placed.payment_url)
    assert status != 303
    assert charges(double) == []
    assert carts.find(token=ready.token, user_id=None) == ready.token
    assert inventory.available(variant_ids=ready.variants)[ready.variants[0]].reserved == 0


def test_the_same_cart_can_be_ordered_again(double: StripeDouble) -> None:
    ready = make_ready_cart()
    first = ready.place()
    operations.abandon(order_token=first.order_token)

    second = ready.place()

    assert second.outcome == "pay"
    assert second.order_token != first.order_token
    check_deferred_constraints()


def test_an_order_that_was_paid_after_all_is_confirmed(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    assert placed.payment_url is not None
    double.pay(placed.payment_url)

    assert operations.abandon(order_token=placed.order_token) == "confirmed"
    assert carts.find(token=ready.token, user_id=None) is None


def test_without_the_providers_word_nothing_is_given_up(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    double.outage("refuse")

    assert operations.abandon(order_token=placed.order_token) == "pending"

    assert orders.ref(token=placed.order_token).state == "pending"  # type: ignore[union-attr]
    assert carts.find(token=ready.token, user_id=None) is None


def test_an_order_without_a_page_is_given_up_without_asking(double: StripeDouble) -> None:
    double.outage("refuse")
    ready = make_ready_cart()
    placed = ready.place()

    assert operations.abandon(order_token=placed.order_token) == "canceled"
    assert carts.find(token=ready.token, user_id=None) == ready.token


def test_giving_up_twice_changes_nothing(double: StripeDouble) -> None:
    placed = make_ready_cart().place()

    states = [operations.abandon(order_token=placed.order_token) for _ in range(2)]

    assert states == ["canceled", "canceled"]


def test_a_page_that_was_made_but_never_recorded_is_not_handed_out(double: StripeDouble) -> None:
    """The answer arrives after the order was given up: its address must not reach anybody."""
    double.outage("refuse")
    placed = make_ready_cart().place()
    double.outage(None)
    [attempt] = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    operations.abandon(order_token=placed.order_token)
    order = orders.ref(token=placed.order_token)
    assert order is not None

    stripe_calls.breaker.succeeded()
    with pytest.raises(operations.NotPayable):
        operations.paying.open_page(
            order=order,
            payment=attempt,
            lines=operations.paying.lines_of_order(order_token=order.token),
        )


def test_a_given_up_order_cannot_be_paid(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    operations.abandon(order_token=placed.order_token)

    with pytest.raises(operations.NotPayable):
        operations.retry_payment(order_token=placed.order_token)


def test_retrying_leads_to_the_page_that_is_open(double: StripeDouble) -> None:
    placed = make_ready_cart().place()

    again = operations.retry_payment(order_token=placed.order_token)

    assert again == placed
    assert session_of(str(again.payment_url)) == session_of(str(placed.payment_url))
