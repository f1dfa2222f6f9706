from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.money import CurrencyMismatch, Money, exponent, share, split

amounts = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


def share_by_fractions(minor: int, basis_points: int) -> int:
    """A second implementation: Python rounds fractions half to even."""
    return round(Fraction(minor * basis_points, 10_000))


def split_by_votes(minor: int, seats: list[int]) -> list[int]:
    """A second implementation: hand out one unit at a time to whoever is furthest behind."""
    quotas = [Fraction(abs(minor) * weight, sum(seats)) for weight in seats]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    while sum(parts) < abs(minor):
        behind = [
            quota - quota.numerator // quota.denominator if part == int(quota) else Fraction(-1)
            for quota, part in zip(quotas, parts, strict=True)
        ]
        parts[behind.index(max(behind))] += 1
    return parts if minor >= 0 else [-part for part in parts]


@given(amounts, st.integers(0, 10_000))
def test_a_share_is_what_fractions_say(minor: int, basis_points: int) -> None:
    assert share(minor, basis_points=basis_points) == share_by_fractions(minor, basis_points)


@pytest.mark.parametrize(
    ("minor", "basis_points", "expected"),
    [(50, 100, 0), (150, 100, 2), (250, 100, 2), (51, 100, 1), (-50, 100, 0), (-150, 100, -2)],
)
def test_halves_are_rounded_to_even(minor: int, basis_points: int, expected: int) -> None:
    assert share(minor, basis_points=basis_points) == expected


@given(amounts, st.integers(0, 10_000))
def test_a_share_and_the_rest_are_the_whole(minor: int, basis_points: int) -> None:
    part = share(minor, basis_points=basis_points)

    assert abs(part) <= abs(minor)
    assert part + (minor - part) == minor


@given(amounts, weights.filter(any))
def test_parts_of_a_split_sum_to_the_amount(minor: int, seats: list[int]) -> None:
    assert sum(split(minor, weights=seats)) == minor


@given(st.integers(-500, 500), st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any))
def test_a_split_is_what_handing_out_one_by_one_gives(minor: int, seats: list[int]) -> None:
    assert split(minor, weights=seats) == split_by_votes(minor, seats)


@given(amounts, weights.filter(any))
def test_no_part_is_a_whole_unit_away_from_its_exact_share(minor: int, seats: list[int]) -> None:
    for part, weight in zip(split(minor, weights=seats), seats, strict=True):
        assert abs(part - Fraction(minor * weight, sum(seats))) < 1


def test_a_tie_goes_to_the_earlier_part() -> None:
    assert split(100, weights=[1, 1, 1]) == [34, 33, 33]
    assert split(-100, weights=[1, 1, 1]) == [-34, -33, -33]


def test_nothing_splits_into_nothing_whatever_the_weights() -> None:
    assert split(0, weights=[0, 0]) == [0, 0]
    assert split(0, weights=[]) == []


@pytest.mark.parametrize("seats", [[0, 0], [], [3, -1]])
def test_money_is_not_split_without_positive_weights(seats: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(1, weights=seats)


@given(amounts, amounts)
def test_adding_and_taking_away_are_whole_numbers(left: int, right: int) -> None:
    assert Money(left, "USD") + Money(right, "USD") - Money(right, "USD") == Money(left, "USD")


@pytest.mark.parametrize(
    "mix",
    [
        lambda: Money(1, "USD") + Money(1, "EUR"),
        lambda: Money(1, "USD") - Money(1, "EUR"),
        lambda: Money(1, "USD") < Money(1, "EUR"),
        lambda: Money(1, "USD") <= Money(1, "EUR"),
    ],
)
def test_currencies_do_not_mix(mix: object) -> None:
    with pytest.raises(CurrencyMismatch):
        mix()  # type: ignore[operator]


@given(amounts, st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_a_decimal_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.decimal, currency) == money
    assert Money.of(str(money.decimal), currency) == money


@pytest.mark.parametrize(
    ("text", "currency"), [("12.505", "USD"), ("0.1", "JPY"), ("1.0001", "KWD")]
)
def test_too_many_decimals_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="decimals"):
        Money.of(text, currency)


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4)])
def test_decimals_follow_the_currency(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


def test_money_prints_with_its_decimals() -> None:
    assert [str(Money(1234567, currency)) for currency in ("USD", "JPY", "KWD")] == [
        "12,345.67 USD",
        "1,234,567 JPY",
        "1,234.567 KWD",
    ]


def test_sums_and_products_agree_with_decimal_arithmetic() -> None:
    prices = [Money.of(text, "USD") for text in ("0.10", "0.20", "19.99")]

    total = sum(prices, start=Money.zero("USD")) * 3

    assert total.decimal == Decimal("60.87").quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
    assert not Money.zero("USD")
    assert -total == Money(-6087, "USD")
