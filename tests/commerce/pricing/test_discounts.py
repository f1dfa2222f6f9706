"""Promotions by hand: what each kind takes, and which of them meet on an item."""

import random

import pytest

from commerce.kernel.money import Money, included_share
from commerce.pricing.discounts import Promotion
from commerce.pricing.quote import Quote, QuoteLine, TaxRateData, quote
from tests.support.second_prices import compare, price, price_with_the_product, random_cart

MUGS, SHIRTS = 1, 2
RATES = {"standard": TaxRateData(name="VAT 19%", rate_bps=1900)}


def line(key: int, unit: int, quantity: int = 1, **about: object) -> QuoteLine:
    return QuoteLine(key=key, seller_id=1, unit_minor=unit, quantity=quantity, **about)  # type: ignore[arg-type]


def offer(id: int = 1, **about: object) -> Promotion:
    return Promotion(id=id, label=f"Offer {id}", **{"kind": "percentage", **about})  # type: ignore[arg-type]


def priced(lines: list[QuoteLine], *offers: Promotion, **about: object) -> Quote:
    given = {"shipping": {}, "rates": {}, "currency": "USD", **about}
    return quote(lines=lines, promotions=offers, **given)  # type: ignore[arg-type]


def off(quoted: Quote) -> list[int]:
    return [quoted.lines[key].discount.minor for key in sorted(quoted.lines)]


def test_both_implementations_agree_on_random_carts() -> None:
    assert compare(carts=300, seed=20261120) == []


def test_the_random_carts_are_worth_comparing() -> None:
    """Control: with one cent put wrong the comparison must see it, and carts are discounted."""
    dice = random.Random(5)
    carts = [random_cart(dice) for _ in range(200)]
    reduced = [cart for cart in carts if price(cart)["discount"]]
    stacked = [cart for cart in reduced if sum(each["stackable"] for each in cart["offers"]) > 1]

    assert len(reduced) > 60
    assert len(stacked) > 10
    for cart in reduced[:20]:
        cheaper = {**cart, "lines": [{**each, "unit": each["unit"] + 1} for each in cart["lines"]]}
        assert price(cart) != price_with_the_product(cheaper)


def test_a_percentage_is_rounded_half_to_even_on_the_line() -> None:
    quoted = priced([line(1, 5), line(2, 15)], offer(percent_bps=1000))

    assert off(quoted) == [0, 2]


def test_a_fixed_amount_is_split_by_largest_remainder_and_loses_no_cent() -> None:
    quoted = priced(
        [line(1, 100), line(2, 100), line(3, 100)], offer(kind="fixed", amount_minor=100)
    )

    assert off(quoted) == [34, 33, 33]
    assert quoted.total == Money(200, "USD")


def test_no_more_is_taken_than_there_is() -> None:
    quoted = priced([line(1, 100), line(2, 50)], offer(kind="fixed", amount_minor=9_999))

    assert off(quoted) == [100, 50]
    assert quoted.total == Money(0, "USD")


@pytest.mark.parametrize(("quantity", "free"), [(2, 0), (3, 1), (5, 1), (6, 2), (999, 333)])
def test_every_third_is_free_in_full_groups_only(quantity: int, free: int) -> None:
    quoted = priced(
        [line(1, 700, quantity)], offer(kind="buy-get", buy=2, get=1, percent_bps=10_000)
    )

    assert off(quoted) == [700 * free]


def test_of_a_group_the_cheapest_is_given() -> None:
    lines = [line(1, 500), line(2, 900), line(3, 700)]
    quoted = priced(lines, offer(kind="buy-get", buy=2, get=1, percent_bps=10_000))

    assert off(quoted) == [500, 0, 0]


def test_buy_one_and_get_one_for_half() -> None:
    quoted = priced([line(1, 333, 4)], offer(kind="buy-get", buy=1, get=1, percent_bps=5000))

    assert off(quoted) == [333]


def test_only_covered_items_are_reduced() -> None:
    lines = [
        line(1, 1000, product_id=MUGS),
        line(2, 1000, product_id=SHIRTS, category_keys=frozenset({"linen"})),
        line(3, 1000, product_id=3),
    ]
    by_product = priced(lines, offer(percent_bps=1000, product_ids=frozenset({MUGS})))
    by_category = priced(lines, offer(percent_bps=1000, category_keys=frozenset({"linen"})))
    by_seller = priced(lines, offer(percent_bps=1000, seller_ids=frozenset({2})))

    assert off(by_product) == [100, 0, 0]
    assert off(by_category) == [0, 100, 0]
    assert off(by_seller) == [0, 0, 0]
    assert by_seller.idle == {1: "not-for-these"}


def test_the_minimum_counts_what_is_covered_at_list_prices() -> None:
    about = {"percent_bps": 1000, "least_minor": 2000, "product_ids": frozenset({MUGS})}
    short = priced([line(1, 1000, product_id=MUGS), line(2, 5000)], offer(**about))
    enough = priced([line(1, 1000, 2, product_id=MUGS), line(2, 5000)], offer(**about))

    assert (off(short), short.idle) == ([0, 0], {1: "minimum"})
    assert off(enough) == [200, 0]


def test_a_first_order_is_the_first() -> None:
    welcome = offer(percent_bps=1000, first_order=True)

    assert off(priced([line(1, 1000)], welcome)) == [100]
    again = priced([line(1, 1000)], welcome, is_first_order=False)
    assert (off(again), again.idle) == ([0], {1: "first-order"})


def test_free_shipping_is_for_parcels_of_covered_items_only() -> None:
    free = offer(kind="free-shipping", product_ids=frozenset({MUGS}))
    lines = [
        line(1, 1000, product_id=MUGS),
        QuoteLine(key=2, seller_id=2, unit_minor=1, quantity=1, product_id=MUGS),
        QuoteLine(key=3, seller_id=2, unit_minor=1, quantity=1, product_id=SHIRTS),
    ]
    quoted = priced(lines, free, shipping={1: 700, 2: 500}, rates=RATES)

    assert quoted.shipping_discount == Money(700, "USD")
    assert quoted.sellers[1].shipping_tax == Money(0, "USD")
    assert quoted.sellers[2].shipping_discount == Money(0, "USD")
    assert priced(lines, free).idle == {1: "shipping-later"}


def test_of_two_exclusive_promotions_the_larger_saving_has_the_item() -> None:
    quoted = priced([line(1, 1000)], offer(1, percent_bps=1000), offer(2, percent_bps=2000))

    assert off(quoted) == [200]
    assert quoted.idle == {1: "better-offer"}


def test_priority_beats_the_larger_saving() -> None:
    first = offer(1, percent_bps=1000, priority=1)
    quoted = priced([line(1, 1000)], first, offer(2, percent_bps=2000))

    assert off(quoted) == [100]


def test_exclusive_promotions_may_both_apply_to_different_items() -> None:
    mugs = offer(1, percent_bps=1000, product_ids=frozenset({MUGS}))
    everything = offer(2, percent_bps=500)
    quoted = priced([line(1, 1000, product_id=MUGS), line(2, 1000)], mugs, everything)

    assert off(quoted) == [100, 50]


def test_stackable_promotions_take_from_what_the_one_before_left() -> None:
    ten, five = (
        offer(1, percent_bps=1000, stackable=True),
        offer(2, kind="fixed", amount_minor=500, stackable=True),
    )
    quoted = priced([line(1, 10_000)], ten, five)

    assert [each.amount_minor for each in quoted.lines[1].cuts] == [1000, 500]
    assert quoted.total == Money(8500, "USD")


def test_a_stackable_promotion_does_not_join_an_exclusive_one() -> None:
    quoted = priced(
        [line(1, 1000)], offer(1, percent_bps=2000), offer(2, percent_bps=1000, stackable=True)
    )

    assert off(quoted) == [200]


def test_who_bears_it_is_kept_by_line() -> None:
    ours = offer(1, percent_bps=1000, stackable=True)
    theirs = offer(2, percent_bps=1000, stackable=True, funded_by="seller")
    quoted = priced([line(1, 1000)], ours, theirs)

    assert quoted.lines[1].discount == Money(190, "USD")
    assert quoted.lines[1].platform_discount == Money(100, "USD")
    assert [(each.label, each.amount.minor) for each in quoted.savings] == [
        ("Offer 1", 100),
        ("Offer 2", 90),
    ]


def test_tax_is_taken_on_what_is_left_after_the_discount() -> None:
    quoted = priced([line(1, 1000)], offer(percent_bps=5000), rates=RATES)

    assert quoted.tax == Money(95, "USD")
    assert quoted.total == Money(595, "USD")


def test_a_price_that_holds_its_tax_is_what_is_paid() -> None:
    quoted = priced([line(1, 11_900, tax_included=True)], shipping={1: 595}, rates=RATES)

    assert quoted.total == Money(12_495, "USD")
    assert quoted.included_tax == Money(1900 + 95, "USD")
    assert quoted.tax == Money(0, "USD")
    (row,) = quoted.taxes
    assert (row.name, row.base.minor, row.amount.minor, row.included) == (
        "VAT 19%",
        10_500,
        1995,
        True,
    )


@pytest.mark.parametrize(
    ("gross", "bps", "tax"),
    [(119, 1900, 19), (100, 1900, 16), (21, 2000, 4), (3, 10_000, 2), (1, 10_000, 0)],
)
def test_contained_tax_is_rounded_half_to_even(gross: int, bps: int, tax: int) -> None:
    assert included_share(gross, basis_points=bps) == tax


def test_where_the_buyer_owes_the_tax_none_is_charged_and_none_is_left_in_the_price() -> None:
    net = line(1, 1000)
    gross = QuoteLine(key=2, seller_id=2, unit_minor=1190, quantity=3, tax_included=True)
    quoted = priced([net, gross], shipping={2: 119}, rates=RATES, reverse_charged=[1, 2])

    assert quoted.total == Money(1000 + 3000 + 100, "USD")
    assert (quoted.tax.minor, quoted.included_tax.minor) == (0, 0)
    assert {row.name for row in quoted.taxes} == {"Reverse charge"}


def test_every_step_of_a_line_is_told_and_leads_to_its_total() -> None:
    quoted = priced([line(1, 1000, 2)], offer(percent_bps=1000, code="TEN"), rates=RATES)
    steps = quoted.lines[1].steps

    assert [step["step"] for step in steps] == ["base", "quantity", "promotion", "tax", "total"]
    assert steps[2]["amount_minor"] == 200
    assert (steps[3]["base_minor"], steps[3]["amount_minor"]) == (1800, 342)
    assert steps[-1]["amount_minor"] == 2142
