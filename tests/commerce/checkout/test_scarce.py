"""Placing orders of goods that come later, are held by the cart, or are shared out."""

from datetime import timedelta

import pytest

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.checkout import operations
from commerce.checkout.types import Placed
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from commerce.orders import queries as orders
from devtools.stripe_double import StripeDouble
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart

pytestmark = pytest.mark.django_db


def place(ready, principal: str = "") -> Placed:
    return operations.place(
        cart_token=ready.token, user_id=None, expected_total=ready.total,
        return_url=RETURN_URL, principal=principal,
    )  # fmt: skip


def ahead(variant_id: int, limit: int = 5):
    day = clock.now().date() + timedelta(days=10)
    inventory.set_policy(
        variant_id=variant_id,
        policy=PolicyData(kind="backorder", backorder_limit=limit, expected_on=day),
    )
    return day


def only_line(token: str):
    order = orders.order(token=token)
    assert order is not None
    (line,) = order.lines
    return line


def test_the_order_keeps_the_day_that_was_promised(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=3, on_hand=3)])
    stock_up(ready.variants[0], 1)
    day = ahead(ready.variants[0])

    placed = place(ready)
    double.pay(str(placed.payment_url))

    assert operations.finalise(order_token=placed.order_token) == "confirmed"
    assert only_line(placed.order_token).promised_by == day
    assert stock.available(variant_ids=ready.variants)[ready.variants[0]].on_hand == -2


def test_what_is_there_is_promised_for_no_day(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    ahead(ready.variants[0])

    assert only_line(place(ready).order_token).promised_by is None


def test_a_late_payment_takes_late_goods_again(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=2)])
    stock_up(ready.variants[0], 0)
    ahead(ready.variants[0])
    placed = place(ready)
    double.pay(str(placed.payment_url))
    lapse(placed.order_token)
    inventory.release_lapsed()

    assert operations.finalise(order_token=placed.order_token) == "confirmed"


def test_who_read_no_day_is_asked_again_when_goods_went_meanwhile(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one goes between looking and holding: nobody gets a later one unasked."""
    ready = make_ready_cart([Wanted(quantity=1, on_hand=1)])
    ahead(ready.variants[0])
    reserve = inventory.reserve

    def snatched(**given: object) -> None:
        if given["holder"] != "thief":
            inventory.reserve(holder="thief", quantities={ready.variants[0]: 1})
        reserve(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(inventory, "reserve", snatched)

    with pytest.raises(operations.StockShort):
        place(ready)


def test_the_checkout_takes_over_what_the_cart_holds(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=1, on_hand=1)])
    variant_id = ready.variants[0]
    inventory.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    line = cart_queries.contents(token=ready.token).lines[0]
    carts.set_quantity(token=ready.token, line_id=line.id, quantity=1)
    assert stock.available(variant_ids=[variant_id])[variant_id].in_stock == 0

    placed = place(ready)

    assert [hold.state for hold in stock.held_by(holder=placed.order_token)] == ["active"]
    assert stock.available(variant_ids=[variant_id])[variant_id].reserved == 1


def test_open_checkouts_of_one_shopper_share_one_share(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2, on_hand=10)])
    inventory.set_policy(variant_id=ready.variants[0], policy=PolicyData(shopper_cap=2))
    inventory.reserve(
        holder="other tab", quantities={ready.variants[0]: 1}, principal="net:203.0.113.0/24"
    )

    with pytest.raises(operations.CheckoutRefused, match="only a share of"):
        place(ready, principal="net:203.0.113.0/24")

    assert place(ready, principal="user:7").outcome != "confirmed"
