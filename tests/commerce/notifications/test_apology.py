"""The mail to whoever paid for an order that could not be placed any more."""

import pytest

from commerce.checkout import operations as checkout
from commerce.notifications import subscribers
from commerce.notifications.models import Message
from commerce.payments.events import RefundSucceeded
from devtools.stripe_double import StripeDouble
from tests.factories.orders import make_ready_cart
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def returned(order_token: str) -> RefundSucceeded:
    return RefundSucceeded(
        refund_id=7, order_token=order_token, amount_minor=2037, currency="USD", reason="too late"
    )


def test_whoever_paid_too_late_is_told_that_the_money_comes_back(double: StripeDouble) -> None:
    placed = make_ready_cart().place()
    checkout.abandon(order_token=placed.order_token)

    subscribers.apologize(returned(placed.order_token))
    subscribers.apologize(returned(placed.order_token))

    [message] = Message.objects.filter(kind="money_returned")
    assert message.recipient == "ada@example.com"
    assert "$20.37" in message.text
    assert "$20.37" in message.html


def test_a_refund_of_an_order_that_was_placed_is_no_reason_to_apologize() -> None:
    order = sell(Sold(seller=make_seller()))

    subscribers.apologize(returned(order.token))

    assert not Message.objects.filter(kind="money_returned").exists()
