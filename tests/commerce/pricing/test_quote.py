"""The quote against a second, independent implementation in decimal arithmetic."""

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.money import Money
from commerce.pricing.queries import quote
from commerce.pricing.types import QuoteLine, TaxRateData

RATES = {
    "standard": TaxRateData(name="VAT 19%", rate_bps=1900),
    "books": TaxRateData(name="VAT 7%", rate_bps=700),
    "odd": TaxRateData(name="Sales tax 8.875%", rate_bps=888),
}

lines = st.lists(
    st.builds(
        lambda seller_id, unit_minor, quantity, tax_class: (
            seller_id,
            unit_minor,
            quantity,
            tax_class,
        ),
        st.integers(1, 4),
        st.integers(0, 10**8),
        st.integers(1, 999),
        st.sampled_from(["standard", "books", "odd", "exempt"]),
    ),
    max_size=12,
).map(
    lambda rows: [
        QuoteLine(key=key, seller_id=seller, unit_minor=unit, quantity=quantity, tax_class=tax)
        for key, (seller, unit, quantity, tax) in enumerate(rows)
    ]
)
shipping = st.dictionaries(st.integers(1, 4), st.integers(0, 50_000), max_size=4)
currencies = st.sampled_from(["USD", "JPY", "KWD"])


def cents(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def second_opinion(wanted: list[QuoteLine], carriage: dict[int, int]) -> dict[int, dict[str, int]]:
    """What each seller's part costs, written from the rules and not from the code."""
    parts: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("goods", "tax"), 0))
    for line in wanted:
        net = Decimal(line.unit_minor) * line.quantity
        rate = RATES[line.tax_class].rate_bps if line.tax_class in RATES else 0
        parts[line.seller_id]["goods"] += int(net)
        parts[line.seller_id]["tax"] += cents(net * Decimal(rate).scaleb(-4))
    for seller_id, price in carriage.items():
        own = cents(Decimal(price) * Decimal("0.19"))
        parts[seller_id] |= {"shipping": price, "shipping_tax": own}
        parts[seller_id]["tax"] += own
    return parts


@given(lines, shipping, currencies)
def test_a_quote_is_what_the_second_implementation_says(
    wanted: list[QuoteLine], carriage: dict[int, int], currency: str
) -> None:
    quoted = quote(lines=wanted, shipping=carriage, rates=RATES, currency=currency)
    expected = second_opinion(wanted, carriage)

    assert quoted.sellers.keys() == expected.keys()
    for seller_id, part in expected.items():
        mine = quoted.sellers[seller_id]
        assert mine.goods.minor == part["goods"]
        assert mine.shipping.minor == part.get("shipping", 0)
        assert mine.shipping_tax.minor == part.get("shipping_tax", 0)
        assert mine.tax.minor == part["tax"]
        assert mine.total.minor == part["goods"] + part.get("shipping", 0) + part["tax"]


@given(lines, shipping, currencies)
def test_the_total_is_the_sum_of_its_parts_in_every_direction(
    wanted: list[QuoteLine], carriage: dict[int, int], currency: str
) -> None:
    quoted = quote(lines=wanted, shipping=carriage, rates=RATES, currency=currency)
    zero = Money.zero(currency)
    sellers = quoted.sellers.values()

    assert quoted.total == quoted.goods + quoted.shipping + quoted.tax
    assert quoted.total == sum((part.total for part in sellers), start=zero)
    assert quoted.goods == sum((line.total for line in quoted.lines.values()), start=zero)
    assert quoted.tax == sum((line.tax for line in quoted.lines.values()), start=zero) + sum(
        (part.shipping_tax for part in sellers), start=zero
    )


@given(lines, shipping)
def test_the_order_of_lines_does_not_matter(
    wanted: list[QuoteLine], carriage: dict[int, int]
) -> None:
    there, back = (
        quote(lines=rows, shipping=carriage, rates=RATES, currency="USD")
        for rows in (wanted, wanted[::-1])
    )

    assert there == back


def test_tax_is_taken_on_the_line_and_not_on_the_unit() -> None:
    """3 times 0.50 at 1 percent is 0.015, rounded to 0.02; per unit it would be 0."""
    rates = {"standard": TaxRateData(name="One percent", rate_bps=100)}
    line = QuoteLine(key=1, seller_id=1, unit_minor=50, quantity=3)

    quoted = quote(lines=[line], shipping={}, rates=rates, currency="USD")

    assert quoted.lines[1].tax == Money(2, "USD")
    assert (quoted.lines[1].rate_bps, quoted.lines[1].tax_name) == (100, "One percent")


def test_a_class_without_a_rate_is_not_taxed() -> None:
    line = QuoteLine(key=1, seller_id=1, unit_minor=1000, quantity=1, tax_class="gold")

    quoted = quote(lines=[line], shipping={1: 500}, rates={}, currency="USD")

    assert quoted.total == Money(1500, "USD")
    assert quoted.lines[1].tax_name == "No tax"


def test_an_empty_quote_is_zero() -> None:
    quoted = quote(lines=[], shipping={}, rates=RATES, currency="USD")

    assert quoted.total == Money.zero("USD")
    assert quoted.sellers == {}


@pytest.mark.parametrize(
    ("wanted", "carriage"),
    [
        ([QuoteLine(key=1, seller_id=1, unit_minor=1, quantity=0)], {}),
        ([QuoteLine(key=1, seller_id=1, unit_minor=-1, quantity=1)], {}),
        ([QuoteLine(key=1, seller_id=1, unit_minor=1, quantity=1)] * 2, {}),
        ([], {1: -1}),
    ],
)
def test_nonsense_is_refused(wanted: list[QuoteLine], carriage: dict[int, int]) -> None:
    with pytest.raises(ValueError):
        quote(lines=wanted, shipping=carriage, rates=RATES, currency="USD")
