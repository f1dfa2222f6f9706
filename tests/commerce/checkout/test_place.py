"""Placing: one cart, one order, all or nothing; the provider is asked afterwards."""

from typing import Any

import pytest

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.checkout import operations
from commerce.checkout.models import Checkout
from commerce.gateways import stripe_calls
from commerce.inventory import queries as inventory
from commerce.inventory.operations import reserve
from commerce.kernel.money import Money
from commerce.orders import operations as orders_operations
from commerce.orders import queries as orders
from commerce.orders.models import Order
from commerce.payments import queries as payments
from commerce.sellers.models import CommissionRule
from commerce.sellers.operations import add_commission_rule, end_commission_rule
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import make_user
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart
from tests.factories.pricing import set_price
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import pages
from tests.support.query_budget import counted
from tests.support.time import close_pages_earlier, pass_minutes

pytestmark = pytest.mark.django_db


def place(token: str, total: Money) -> object:
    return operations.place(
        cart_token=token, user_id=None, expected_total=total, return_url=RETURN_URL
    )


def test_a_cart_becomes_an_order_of_its_sellers_parts(double: StripeDouble) -> None:
    ready = make_ready_cart(
        [Wanted(minor=1250, quantity=2), Wanted(minor=300)], [Wanted(minor=999, title="Red bowl")]
    )

    placed = ready.place()

    order = orders.order(token=placed.order_token)
    assert order is not None
    assert order.state == "pending"
    assert order.total == ready.total
    assert [part.seller_id for part in order.seller_orders] == ready.sellers
    first, second = order.seller_orders
    assert [(line.quantity, line.unit.minor, line.total.minor) for line in first.lines] == [
        (2, 1250, 2500),
        (1, 300, 300),
    ]
    assert [line.title for line in second.lines] == ["Red bowl"]
    assert (first.goods.minor, first.commission.minor, first.shipping.minor) == (2800, 280, 700)
    assert first.tax.minor == 219 + 26 + 61
    assert first.number == f"{order.number}-1"
    check_deferred_constraints()


def test_each_line_keeps_the_commission_that_its_rule_decided(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(minor=1000)], [Wanted(minor=1000)])
    add_commission_rule(label="Partner", rate_bps=500, seller_id=ready.sellers[0])

    order = orders.order(token=ready.place().order_token)
    end_commission_rule(rule_id=CommissionRule.objects.get().pk)

    assert order is not None
    assert [line.commission_bps for line in order.lines] == [500, 1000]
    assert [part.commission.minor for part in order.seller_orders] == [50, 100]


def test_the_shopper_is_led_to_a_page_that_asks_for_the_exact_total(double: StripeDouble) -> None:
    ready = make_ready_cart()

    placed = ready.place()

    assert placed.outcome == "pay"
    assert placed.payment_url is not None
    assert placed.payment_url.startswith(double.url)
    [attempt] = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    assert attempt.url == placed.payment_url
    assert attempt.amount == ready.total
    assert attempt.success_url == RETURN_URL.replace("ORDER", placed.order_token)


def test_stock_is_held_and_the_cart_is_closed(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=3, on_hand=5)])

    placed = ready.place()

    assert inventory.available(variant_ids=ready.variants)[ready.variants[0]].available == 2
    [hold] = inventory.held_by(holder=placed.order_token)
    assert (hold.quantity, hold.state) == (3, "active")
    assert cart_queries.find(token=ready.token, user_id=None) is None


def test_numbers_count_up_within_the_day(double: StripeDouble) -> None:
    numbers = []
    for _ in range(2):
        order = orders.order(token=make_ready_cart().place().order_token)
        assert order is not None
        numbers.append(order.number)

    first, second = (int(number.rsplit("-", 1)[1]) for number in numbers)
    assert second == first + 1
    assert numbers[0].startswith(f"ORD-{order.placed_at:%Y%m%d}-")


def test_a_changed_total_is_refused_and_named(double: StripeDouble) -> None:
    ready = make_ready_cart()
    set_price(ready.variants[0], 1300)

    with pytest.raises(operations.TotalChanged) as refused:
        ready.place()

    assert refused.value.old == ready.total
    assert refused.value.new.minor == 1300 + 700 + 114 + 61
    assert cart_queries.find(token=ready.token, user_id=None) == ready.token
    assert not Order.objects.exists()


def test_goods_that_somebody_else_took_are_named(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=2, title="Last vase")])
    stock_up(ready.variants[0], 1)

    with pytest.raises(operations.CheckoutRefused, match="Last vase"):
        ready.place()

    assert cart_queries.find(token=ready.token, user_id=None) == ready.token


def test_a_refused_hold_takes_the_whole_order_back(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=2, title="Last vase")])
    place_order = orders_operations.place

    def place_while_a_rival_buys(**values: Any) -> object:
        reserve(holder="rival", quantities={ready.variants[0]: 1})
        return place_order(**values)

    monkeypatch.setattr(orders_operations, "place", place_while_a_rival_buys)
    with pytest.raises(operations.StockShort, match=r"Last vase \(1 left\)") as short:
        ready.place()

    assert short.value.shortages == {ready.variants[0]: 1}
    assert not Order.objects.exists()
    assert cart_queries.find(token=ready.token, user_id=None) == ready.token


@pytest.mark.parametrize("untold", ["email and address", "shipping", "goods"])
def test_what_is_missing_is_asked_for(double: StripeDouble, untold: str) -> None:
    ready = make_ready_cart()
    if untold == "goods":
        [line] = cart_queries.contents(token=ready.token).lines
        carts.remove(token=ready.token, line_id=line.id)
    else:
        fields = {"email": ""} if untold == "email and address" else {"methods": {}}
        Checkout.objects.update(**fields)

    with pytest.raises(operations.CheckoutRefused):
        ready.place()

    assert not Order.objects.exists()


def test_somebody_elses_cart_is_refused(double: StripeDouble) -> None:
    owner, other = make_user(), make_user()
    ready = make_ready_cart(user_id=owner.pk)

    for stranger in (None, other.pk):
        with pytest.raises(operations.CartUnavailable):
            ready.place(user_id=stranger)


def test_an_unknown_cart_is_refused() -> None:
    with pytest.raises(operations.CartUnavailable):
        place("nothing", Money(100, "USD"))


def test_a_second_submit_leads_to_the_same_page(double: StripeDouble) -> None:
    ready = make_ready_cart()

    first, second = ready.place(), ready.place()

    assert second == first
    assert Order.objects.count() == 1


def test_prices_are_copied_when_the_order_is_placed(double: StripeDouble) -> None:
    ready = make_ready_cart()
    placed = ready.place()
    set_price(ready.variants[0], 9900)

    order = orders.order(token=placed.order_token)

    assert order is not None
    assert order.lines[0].unit.minor == 1250


def test_an_outage_keeps_the_order_and_asks_to_try_again(double: StripeDouble) -> None:
    double.outage("refuse")
    ready = make_ready_cart()

    placed = ready.place()

    assert (placed.outcome, placed.payment_url) == ("try-again", None)
    assert inventory.held_by(holder=placed.order_token)[0].state == "active"

    double.outage(None)
    stripe_calls.breaker.succeeded()
    again = operations.retry_payment(order_token=placed.order_token)
    assert again.outcome == "pay"
    assert Order.objects.count() == 1


def test_a_lost_answer_is_found_again_under_the_same_key(double: StripeDouble) -> None:
    double.fault("500_after", method="POST", path="/v1/checkout/sessions", times=1)
    ready = make_ready_cart()

    placed = ready.place()
    again = operations.retry_payment(order_token=placed.order_token)

    assert again.outcome == "pay"
    assert len(payments.of_order(order_tokens=[placed.order_token])[placed.order_token]) == 1


def test_a_failure_stored_under_the_key_is_left_behind_with_a_new_attempt(
    double: StripeDouble,
) -> None:
    double.fault("500_stored", method="POST", path="/v1/checkout/sessions", times=1)
    ready = make_ready_cart()

    placed = ready.place()
    again = operations.retry_payment(order_token=placed.order_token)

    assert again.outcome == "pay"
    attempts = payments.of_order(order_tokens=[placed.order_token])[placed.order_token]
    assert [(a.attempt, a.state) for a in attempts] == [(1, "canceled"), (2, "created")]


def test_a_page_that_opens_late_closes_before_its_goods_are_let_go(double: StripeDouble) -> None:
    double.outage("refuse")
    placed = make_ready_cart().place()
    double.outage(None)
    stripe_calls.breaker.succeeded()
    pass_minutes(14)
    close_pages_earlier(14)

    again = operations.retry_payment(order_token=placed.order_token)

    assert again.outcome == "pay"
    attempt = payments.of_order(order_tokens=[placed.order_token])[placed.order_token][-1]
    [hold] = inventory.held_by(holder=placed.order_token)
    assert hold.expires_at > attempt.expires_at


def test_no_page_opens_for_an_order_that_waited_too_long(double: StripeDouble) -> None:
    double.outage("refuse")
    ready = make_ready_cart()
    placed = ready.place()
    double.outage(None)
    stripe_calls.breaker.succeeded()
    pass_minutes(40)
    close_pages_earlier(40)

    with pytest.raises(operations.NotPayable):
        operations.retry_payment(order_token=placed.order_token)

    assert cart_queries.find(token=ready.token, user_id=None) == ready.token
    assert pages(double) == 0


def test_a_hold_that_was_lost_opens_no_page(double: StripeDouble) -> None:
    double.fault("500_stored", method="POST", path="/v1/checkout/sessions", times=1)
    ready = make_ready_cart()
    placed = ready.place()
    lapse(placed.order_token)

    with pytest.raises(operations.NotPayable):
        operations.retry_payment(order_token=placed.order_token)

    assert cart_queries.find(token=ready.token, user_id=None) == ready.token
    assert pages(double) == 0


def test_what_the_provider_refuses_gives_the_cart_back(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(minor=10)], shipping_minor=0)  # below the least amount

    with pytest.raises(operations.PaymentRefused):
        ready.place()

    assert cart_queries.find(token=ready.token, user_id=None) == ready.token
    assert inventory.available(variant_ids=ready.variants)[ready.variants[0]].reserved == 0
    assert Order.objects.get().state == "canceled"


def test_placing_takes_few_statements_whatever_the_size(double: StripeDouble) -> None:
    counts = []
    for size in (1, 6):
        ready = make_ready_cart(*[[Wanted(), Wanted()] for _ in range(size)])
        with counted() as statements:
            ready.place()
        counts.append(len(statements))

    assert counts == [16, 16]
