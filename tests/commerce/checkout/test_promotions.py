"""Promotions from the cart to the books: agreed with the total, frozen, borne, given back."""

from typing import Any

import pytest

from commerce.cart import queries as carts
from commerce.checkout import operations, queries
from commerce.invariants import queries as invariants
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.orders.models import Order
from commerce.orders.operations import Terms, cancel_units
from commerce.orders.types import OrderData
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.pricing.models import Promotion, Redemption
from devtools.stripe_double import StripeDouble
from tests.factories.orders import RETURN_URL, ReadyCart, Wanted, make_ready_cart
from tests.factories.pricing import make_promotion
from tests.support.constraints import check_deferred_constraints
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def total_of(cart: ReadyCart) -> Money:
    quote = queries.review(cart_token=cart.token).quote
    assert quote is not None
    return quote.total


def place(cart: ReadyCart, total: Money | None = None):
    return operations.place(
        cart_token=cart.token,
        user_id=None,
        expected_total=total or total_of(cart),
        return_url=RETURN_URL,
    )


def refusal_of(cart: ReadyCart, code: str) -> str:
    with pytest.raises(operations.CodeRefused) as refusal:
        operations.enter_code(cart_token=cart.token, code=code)
    return str(refusal.value)


def test_a_code_is_kept_and_takes_its_part_off() -> None:
    make_promotion(code="TEN")
    cart = make_ready_cart([Wanted(minor=1000, quantity=2)])

    basket = operations.enter_code(cart_token=cart.token, code=" ten ")

    assert basket.estimate is not None
    assert basket.estimate.discount == Money(200, "USD")
    assert carts.contents(token=cart.token).codes == ("TEN",)
    # 18.00 + 7.00 shipping, and 8.75 % of each, rounded by itself
    assert total_of(cart) == Money(1800 + 700 + 158 + 61, "USD")


def test_a_code_that_cannot_be_used_is_refused_with_the_reason_and_not_kept() -> None:
    cart = make_ready_cart([Wanted(minor=1000)])
    make_promotion(code="LARGE", least_minor=5000)
    make_promotion(code="OTHERS", seller_ids=(999_999,))
    make_promotion(code="ENDED", is_active=False)
    make_promotion(code="GOOD")

    assert refusal_of(cart, "LARGE") == "The code LARGE needs 50.00 USD of the items it is for."
    assert refusal_of(cart, "OTHERS") == "The code OTHERS is not for the items in your cart."
    assert refusal_of(cart, "ENDED") == "The code ENDED has ended."
    assert refusal_of(cart, "NONE") == "There is no code NONE. Check how it is written."
    assert refusal_of(cart, "  ") == "Type the code first."
    operations.enter_code(cart_token=cart.token, code="GOOD")
    make_promotion(code="TOO")
    assert refusal_of(cart, "TOO") == "An order takes one code. Remove GOOD to use TOO."
    assert carts.contents(token=cart.token).codes == ("GOOD",)


def test_where_an_order_takes_several_codes_the_refusal_says_how_many(
    settings: Any,
) -> None:
    settings.PROMOTION_CODES_PER_ORDER = 2
    cart = make_ready_cart()
    for code in ("ONE", "TWO", "THREE"):
        make_promotion(code=code, seller_ids=tuple(cart.sellers))
    for code in ("ONE", "TWO"):
        operations.enter_code(cart_token=cart.token, code=code)

    assert refusal_of(cart, "THREE") == "An order takes 2 codes. Remove ONE or TWO to use THREE."


def test_a_code_that_has_ended_makes_room_for_another() -> None:
    cart = make_ready_cart()
    old = make_promotion(code="OLD")
    make_promotion(code="NEW")
    operations.enter_code(cart_token=cart.token, code="OLD")
    Promotion.objects.filter(pk=old).update(is_active=False)

    operations.enter_code(cart_token=cart.token, code="NEW")

    assert carts.contents(token=cart.token).codes == ("NEW",)
    operations.remove_code(cart_token=cart.token, code="new")
    assert carts.contents(token=cart.token).codes == ()


def test_a_promotion_that_ends_before_the_click_is_never_charged_silently() -> None:
    promotion_id = make_promotion(code="TEN")
    cart = make_ready_cart()
    operations.enter_code(cart_token=cart.token, code="TEN")
    agreed = total_of(cart)
    Promotion.objects.filter(pk=promotion_id).update(is_active=False)

    with pytest.raises(operations.TotalChanged) as refusal:
        place(cart, agreed)

    assert "The code TEN has ended." in str(refusal.value)
    assert not Order.objects.exists()
    assert queries.review(cart_token=cart.token).cart.codes == ("TEN",)


def test_what_was_agreed_is_frozen_on_the_order_with_who_bears_it() -> None:
    cart = make_ready_cart([Wanted(minor=1000, quantity=2)], [Wanted(minor=500)])
    ours = make_promotion(label="Ten off", stackable=True)
    theirs = make_promotion(
        label="Five off", seller_id=cart.sellers[0], percent_bps=500, stackable=True
    )
    make_promotion(label="Free ride", kind="free-shipping", seller_ids=(cart.sellers[1],))

    placed = place(cart)
    check_deferred_constraints()
    Promotion.objects.update(label="Changed", percent_bps=9000)

    order = orders.order(token=placed.order_token)
    assert order is not None
    first, second = order.seller_orders
    (line,) = first.lines
    assert (line.discount.minor, line.platform_discount.minor) == (290, 200)
    assert line.adjustments == [
        {"promotion": ours, "label": "Ten off", "code": "", "amount_minor": 200,
         "funded_by": "platform"},
        {"promotion": theirs, "label": "Five off", "code": "", "amount_minor": 90,
         "funded_by": "seller"},
    ]  # fmt: skip
    assert [step["step"] for step in line.explanation] == [
        "base", "quantity", "promotion", "promotion", "tax", "total",
    ]  # fmt: skip
    # commission of 10 % on what the seller sold for, its own discount taken off
    assert line.commission.minor == 191
    assert (second.shipping_discount.minor, second.platform_discount.minor) == (700, 750)
    assert second.shipping_method["adjustments"][0]["label"] == "Free ride"
    assert order.total == Money(order.goods.minor - 340 + 1400 - 700 + order.tax.minor, "USD")


def test_what_the_marketplace_bears_is_booked_and_costs_no_seller_anything(
    double: StripeDouble,
) -> None:
    cart = make_ready_cart([Wanted(minor=1000)], rate_bps=1000)
    make_promotion(percent_bps=2000)
    placed = place(cart)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)

    assert ledger.balance(code="promotions", currency="USD") == 200
    # 10.00 + 7.00 shipping less 10 % of 10.00
    assert ledger.balance(code=f"payable:{cart.sellers[0]}", currency="USD") == -1600
    assert invariants.broken() == []


def test_what_a_seller_bears_lowers_its_earning(double: StripeDouble) -> None:
    cart = make_ready_cart([Wanted(minor=1000)], rate_bps=1000)
    make_promotion(percent_bps=2000, seller_id=cart.sellers[0])
    placed = place(cart)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)

    assert ledger.balance(code="promotions", currency="USD") == 0
    # 8.00 + 7.00 shipping less 10 % of 8.00
    assert ledger.balance(code=f"payable:{cart.sellers[0]}", currency="USD") == -1420
    assert invariants.broken() == []


def test_everything_for_nothing_needs_no_payment() -> None:
    cart = make_ready_cart([Wanted(minor=1000)])
    make_promotion(percent_bps=10_000)
    make_promotion(kind="free-shipping")

    placed = place(cart)

    assert placed.outcome == "confirmed"
    check_deferred_constraints()
    assert invariants.broken() == []


def test_a_use_counts_from_placing_and_comes_back_with_the_cart(double: StripeDouble) -> None:
    make_promotion(code="ONCE", max_uses=1)
    cart = make_ready_cart()
    operations.enter_code(cart_token=cart.token, code="ONCE")
    placed = place(cart)
    assert Promotion.objects.get().used == 1

    operations.abandon(order_token=placed.order_token)

    assert Promotion.objects.get().used == 0
    assert Redemption.objects.get().released_at is not None
    assert place(cart).outcome == "pay"
    assert Promotion.objects.get().used == 1


def paid_with_a_code(double: StripeDouble, code: str) -> tuple[ReadyCart, OrderData]:
    cart = make_ready_cart([Wanted(quantity=2)])
    operations.enter_code(cart_token=cart.token, code=code)
    placed = place(cart)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    order = orders.order(token=placed.order_token)
    assert order is not None
    return cart, order


def cancel(order: OrderData, count: int, key: str) -> None:
    [part] = order.seller_orders
    cancel_units(
        seller_order_id=part.id,
        units={part.lines[0].id: count},
        terms=Terms(kind="canceled", business_key=key),
    )
    for told in Delivery.objects.filter(subscriber__endswith="give_promotions_back"):
        for _ in range(2):
            deliver(delivery_id=told.pk)
    check_deferred_constraints()


def test_what_was_paid_and_canceled_as_a_whole_used_no_promotion(double: StripeDouble) -> None:
    make_promotion(code="ONCE", max_uses=1, max_per_customer=1)
    _, order = paid_with_a_code(double, "ONCE")

    cancel(order, 1, "half")
    assert Promotion.objects.get().used == 1
    assert "ONCE" in refusal_of(make_ready_cart(), "ONCE")
    cancel(order, 1, "rest")

    assert Promotion.objects.get().used == 0
    assert invariants.broken() == []
    paid_with_a_code(double, "ONCE")
    assert Promotion.objects.get().used == 1


def test_a_first_order_is_known_by_its_address() -> None:
    make_promotion(first_order=True)
    first = make_ready_cart([Wanted(minor=1000)])
    assert queries.review(cart_token=first.token).quote.discount.minor == 100
    place(first)

    second = make_ready_cart([Wanted(minor=1000)])

    assert queries.review(cart_token=second.token).quote.discount.minor == 0


def test_a_first_order_promotion_is_used_once_however_the_address_is_written() -> None:
    make_promotion(first_order=True)

    assert Promotion.objects.get().max_per_customer == 1


def test_promotions_cost_no_statement_at_review_and_one_at_placing() -> None:
    taken = []
    for with_promotion in (False, True):
        if with_promotion:
            make_promotion(max_uses=5)
        cart = make_ready_cart()
        with counted() as review:
            total = total_of(cart)
        with counted() as placing:
            place(cart, total)
        taken.append((len(review), len(placing)))

    assert taken[1] == (taken[0][0], taken[0][1] + 1)


def test_the_cart_is_priced_in_seven_statements_and_shipped_in_one() -> None:
    cart = make_ready_cart([Wanted(), Wanted()], [Wanted()])
    make_promotion(first_order=True)

    with counted() as statements:
        queries.basket(cart_token=cart.token)

    assert len(statements) == 8


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders_orderline SET discount_minor = discount_minor + 1",
        "UPDATE orders_orderline SET adjustments = '[]'",
        "UPDATE orders_orderline SET explanation = '[]'",
    ],
)
def test_what_was_frozen_cannot_be_changed(statement: str) -> None:
    make_promotion()
    place(make_ready_cart())

    with pytest.raises(Exception, match="agreed"):
        run_sql(statement)
