"""Processes killed at the worst places; the sweeper and the notices finish what they began."""

from typing import Any

import pytest

from commerce.checkout import operations as checkout
from commerce.inventory import queries as inventory
from commerce.ledger.models import Journal
from commerce.orders.models import Order
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.factories.orders import Wanted, make_ready_cart
from tests.support import processes
from tests.support.provider import charges, pages
from tests.support.time import pass_minutes

pytestmark = pytest.mark.django_db(transaction=True)


def test_control_a_process_that_is_not_killed_ends_well(double: StripeDouble) -> None:
    ready = make_ready_cart()

    code = processes.run("place", ready.token, str(ready.total.minor), api_base=double.url)

    assert code == 0
    assert Payment.objects.get().payment_url != ""


@pytest.mark.parametrize(
    ("place", "opened"), [("after_intent_row", 0), ("after_provider", 1)], ids=["before", "after"]
)
def test_killed_around_the_providers_page_the_order_is_paid_once(
    double: StripeDouble, place: str, opened: int
) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])

    code = processes.run(
        "place", ready.token, str(ready.total.minor), api_base=double.url, killed_at=place
    )

    assert code == processes.KILLED
    assert pages(double) == opened
    assert Payment.objects.get().payment_url == ""
    pass_minutes(1.1)
    checkout.sweep()
    assert pages(double) == 1
    double.pay(Payment.objects.get().payment_url)
    pass_minutes(2)
    checkout.sweep()
    assert_sold_once(double, ready.variants)


@pytest.mark.parametrize("place", ["payment_seen", "inside_finalise"])
def test_killed_while_finalising_the_order_is_confirmed_once(
    double: StripeDouble, place: str
) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    placed = ready.place()
    double.pay(str(placed.payment_url))

    code = processes.run("finalise", placed.order_token, api_base=double.url, killed_at=place)

    assert code == processes.KILLED
    assert Order.objects.get().state == "pending"
    assert not Journal.objects.exists()
    pass_minutes(1.1)
    checkout.sweep()
    assert_sold_once(double, ready.variants)


def test_the_shopper_who_submits_again_after_the_kill_lands_on_the_same_page(
    double: StripeDouble,
) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    processes.run(
        "place",
        ready.token,
        str(ready.total.minor),
        api_base=double.url,
        killed_at="after_provider",
    )

    placed = ready.place()
    double.pay(str(placed.payment_url))
    checkout.finalise(order_token=placed.order_token)

    assert pages(double) == 1
    assert_sold_once(double, ready.variants)


def assert_sold_once(double: StripeDouble, variants: list[int]) -> None:
    order: Any = Order.objects.get()
    assert order.state == "confirmed"
    [charge] = charges(double)
    assert charge["amount"] == order.total_minor
    assert Journal.objects.count() == 1
    [stock] = inventory.available(variant_ids=variants).values()
    assert (stock.on_hand, stock.reserved) == (8, 0)
