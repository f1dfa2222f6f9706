"""Ways to get an order that are bound to a location: the goods are held and leave there."""

from dataclasses import dataclass, replace

import pytest

from commerce.accounts.types import AddressData
from commerce.cart import queries as carts
from commerce.checkout import operations, queries
from commerce.fulfillment import operations as fulfillment
from commerce.invariants import queries as invariants
from commerce.inventory import operations as stock
from commerce.inventory import queries as inventory
from commerce.inventory.types import PolicyData
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.payments.models import Payment
from commerce.pricing import operations as pricing
from commerce.pricing import queries as prices
from commerce.returns import operations as returns
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart, tell_everything
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Corner:
    """A seller with a warehouse that is drawn from first, and a store to pick up in."""

    seller_id: int
    variant_id: int
    warehouse: int
    store: int
    method_id: int

    def choose(self, token: str) -> Money:
        """Give an address and choose to pick up; returns the total."""
        operations.set_contact(cart_token=token, email="ada@example.com", address=SAN_FRANCISCO)
        review = operations.set_methods(cart_token=token, methods={self.seller_id: self.method_id})
        assert review.quote is not None
        return review.quote.total

    def ways(self, token: str) -> list[str]:
        (part,) = queries.review(cart_token=token).parts
        return [option.name for option in part.options]

    def on_hand(self) -> tuple[int, int]:
        levels = inventory.levels(variant_ids=[self.variant_id])[self.variant_id]
        counts = {level.location_id: level.on_hand for level in levels}
        return counts[self.warehouse], counts[self.store]


@pytest.fixture
def corner(double: StripeDouble) -> Corner:
    ready = make_ready_cart([Wanted(on_hand=10)])
    (seller_id,), (variant_id,) = ready.sellers, ready.variants
    warehouse = inventory.locations_of(seller_id=seller_id)[0].id
    store = stock_up(variant_id, 1, place="Store")
    fulfillment.set_pick_up_point(
        seller_id=seller_id, location_id=store, address=SAN_FRANCISCO, opening_hours="Mo–Sa 9–18"
    )
    method_id = fulfillment.set_shipping_method(
        seller_id=seller_id, name="Pick-up", kind="pickup", currency="USD", base_minor=0,
        days=(0, 1), location_id=store,
    )  # fmt: skip
    return Corner(
        seller_id=seller_id, variant_id=variant_id, warehouse=warehouse, store=store,
        method_id=method_id,
    )  # fmt: skip


def place(token: str, total: Money) -> operations.Placed:
    return operations.place(
        cart_token=token, user_id=None, expected_total=total, return_url=RETURN_URL
    )


def picked(corner: Corner, quantity: int = 1) -> operations.Placed:
    token = make_cart({corner.variant_id: quantity})
    return place(token, corner.choose(token))


def held_at(token: str) -> list[tuple[int, str]]:
    return [(hold.location_id, hold.state) for hold in inventory.held_by(holder=token)]


def test_the_unit_in_the_store_is_held_though_the_warehouse_is_drawn_from_first(
    corner: Corner,
) -> None:
    placed = picked(corner)

    assert held_at(placed.order_token) == [(corner.store, "active")]


def test_what_is_picked_up_leaves_from_the_store_and_no_count_drifts(
    corner: Corner, double: StripeDouble
) -> None:
    placed = picked(corner)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    order = orders.order(token=placed.order_token)
    assert order is not None

    fulfillment.make_ready(seller_id=corner.seller_id, seller_order_id=order.seller_orders[0].id)

    (row,) = inventory.allocations(holder=placed.order_token)
    assert (row.location_id, row.open) == (corner.store, 0)
    assert corner.on_hand() == (10, 0)


def test_a_parcel_that_leaves_from_elsewhere_takes_the_unit_there(
    corner: Corner, double: StripeDouble
) -> None:
    token = make_cart({corner.variant_id: 1})
    placed = place(token, tell_everything(token))
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    order = orders.order(token=placed.order_token)
    assert order is not None
    assert corner.on_hand() == (9, 1)

    fulfillment.ship(
        seller_id=corner.seller_id, seller_order_id=order.seller_orders[0].id,
        carrier_code="usps", tracking_number="1Z 999", location_id=corner.store,
    )  # fmt: skip

    assert corner.on_hand() == (10, 0)
    (row,) = inventory.allocations(holder=placed.order_token)
    assert (row.location_id, row.open) == (corner.store, 0)


def test_an_order_that_took_the_last_unit_there_may_still_change_its_address(
    corner: Corner, double: StripeDouble
) -> None:
    fulfillment.set_shipping_method(
        seller_id=corner.seller_id, name="From the store", carrier_code="usps", currency="USD",
        base_minor=400, days=(1, 2), location_id=corner.store,
    )  # fmt: skip
    token = make_cart({corner.variant_id: 1})
    placed = place(token, tell_everything(token))
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    assert held_at(placed.order_token) == [(corner.store, "claimed")]

    kept = returns.change_address(
        order_token=placed.order_token, address=replace(SAN_FRANCISCO, line1="2 Market Street")
    )

    assert kept.line1 == "2 Market Street"


def test_a_store_whose_unit_is_promised_is_offered_to_nobody_else(corner: Corner) -> None:
    late = make_cart({corner.variant_id: 1})
    operations.set_contact(cart_token=late, email="bob@example.com", address=SAN_FRANCISCO)
    assert corner.ways(late) == ["Standard", "Pick-up"]

    picked(corner)

    assert corner.ways(late) == ["Standard"]


def test_who_chose_the_store_in_time_but_confirms_too_late_is_told_to_choose_another_way(
    corner: Corner,
) -> None:
    late = make_cart({corner.variant_id: 1})
    total = corner.choose(late)
    picked(corner)

    with pytest.raises(operations.WayGone, match=r"no longer possible.*choose another"):
        place(late, total)

    assert carts.contents(token=late).lines[0].quantity == 1


def test_a_hold_in_the_same_instant_names_what_is_left_there(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = make_cart({corner.variant_id: 1})
    total = corner.choose(late)

    def first(name: str) -> None:
        if name == "before_hold":
            stock.reserve(
                holder="other", quantities={corner.variant_id: 1},
                places={corner.variant_id: corner.store},
            )  # fmt: skip

    monkeypatch.setattr("commerce.checkout.placing.failpoint", first)
    with pytest.raises(operations.PlaceShort) as refusal:
        place(late, total)

    assert str(refusal.value) == (
        "Pick-up is no longer possible for Blue mug (0 left there). Please choose another way to "
        "get it, or change your cart."
    )


def test_what_the_cart_itself_holds_counts_as_free_for_it(corner: Corner) -> None:
    stock_up(corner.variant_id, 0)
    stock.set_policy(variant_id=corner.variant_id, policy=PolicyData(cart_hold_minutes=15))

    mine = make_cart({corner.variant_id: 1})
    total = corner.choose(mine)
    placed = place(mine, total)

    assert held_at(placed.order_token) == [(corner.store, "active")]


def test_money_that_comes_after_the_hold_lapsed_takes_the_unit_there_again(
    corner: Corner, double: StripeDouble
) -> None:
    placed = picked(corner)
    double.pay(str(placed.payment_url))
    lapse(placed.order_token)
    stock.release_lapsed()

    assert operations.finalise(order_token=placed.order_token) == "confirmed"

    assert held_at(placed.order_token)[-1] == (corner.store, "claimed")


def test_when_the_store_has_none_any_more_the_money_goes_back(
    corner: Corner, double: StripeDouble
) -> None:
    placed = picked(corner)
    double.pay(str(placed.payment_url))
    lapse(placed.order_token)
    stock.release_lapsed()
    stock_up(corner.variant_id, 0, place="Store")

    assert operations.finalise(order_token=placed.order_token) == "canceled"

    assert Payment.objects.get(order_token=placed.order_token).state == "orphan"


def test_the_free_units_of_all_sellers_take_one_statement(corner: Corner) -> None:
    token = make_cart({corner.variant_id: 1})
    operations.set_contact(cart_token=token, email="bob@example.com", address=SAN_FRANCISCO)

    with counted() as statements:
        queries.review(cart_token=token)

    assert len([sql for sql in statements if "inventory_unit" in str(sql)]) <= 2


OAKLAND = replace(SAN_FRANCISCO, city="Portland", region="OR", postal_code="97201")


def tax_there(corner: Corner, address: AddressData = OAKLAND, rate_bps: int = 500) -> None:
    """Move the store to where another rate holds."""
    pricing.set_tax_rate(
        country=address.country, region=address.region, tax_class="standard",
        name="Tax of the store", rate_bps=rate_bps,
    )  # fmt: skip
    fulfillment.set_pick_up_point(
        seller_id=corner.seller_id, location_id=corner.store, address=address,
        opening_hours="Mo–Sa 9–18",
    )  # fmt: skip


def test_what_is_picked_up_is_taxed_where_the_store_is(corner: Corner) -> None:
    tax_there(corner)
    token = make_cart({corner.variant_id: 1})
    corner.choose(token)

    review = queries.review(cart_token=token)
    assert review.quote is not None
    (line,) = review.quote.lines.values()
    assert (line.tax_name, line.tax.minor) == ("Tax of the store", 62)  # 5 % of 12.50, to even
    basket = queries.basket(cart_token=token)
    assert basket.estimate is not None
    assert basket.estimate.total == review.quote.total
    told = [each.text for each in prices.sentences(steps=line.steps, currency="USD")]
    assert any("due where it is picked up: Portland, OR, US" in text for text in told)


def test_an_order_keeps_the_tax_of_the_store(corner: Corner, double: StripeDouble) -> None:
    tax_there(corner)
    placed = picked(corner)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)

    order = orders.order(token=placed.order_token)
    assert order is not None
    (part,) = order.seller_orders
    assert (part.lines[0].tax_name, order.tax.minor) == ("Tax of the store", 62)
    assert [rule.code for rule in invariants.broken()] == []


def test_what_is_sent_beside_it_keeps_the_tax_of_where_it_goes(corner: Corner) -> None:
    tax_there(corner)
    sent = make_ready_cart([Wanted()])
    token = make_cart({corner.variant_id: 1, sent.variants[0]: 1})
    review = operations.set_contact(
        cart_token=token, email="ada@example.com", address=SAN_FRANCISCO
    )
    ways = {part.seller_id: part.options[0].method_id for part in review.parts}
    review = operations.set_methods(
        cart_token=token, methods={**ways, corner.seller_id: corner.method_id}
    )
    assert review.quote is not None
    assert sorted(line.tax_name for line in review.quote.lines.values()) == [
        "CA sales tax", "Tax of the store",
    ]  # fmt: skip


def test_stores_take_one_more_statement_and_only_where_something_is_picked_up(
    corner: Corner,
) -> None:
    token = make_cart({corner.variant_id: 1})
    operations.set_contact(cart_token=token, email="ada@example.com", address=SAN_FRANCISCO)
    (part,) = queries.review(cart_token=token).parts
    counts = []
    for method_id in (part.options[0].method_id, corner.method_id):
        operations.set_methods(cart_token=token, methods={corner.seller_id: method_id})
        with counted() as seen:
            queries.review(cart_token=token)
        counts.append(len(seen))
    assert counts[1] == counts[0] + 1


def test_the_tax_engine_is_asked_about_the_store(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    tax_there(corner)
    asked: list[str] = []
    monkeypatch.setattr(
        pricing, "refresh_place_rates",
        lambda **place: asked.append(place["postal_code"]) or False,
    )  # fmt: skip
    corner.choose(make_cart({corner.variant_id: 1}))
    assert asked == ["94105", "97201"]
