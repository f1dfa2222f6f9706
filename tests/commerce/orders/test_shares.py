import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.kernel.money import Money, split
from commerce.kernel.sql import fetch
from commerce.orders.shares import LineShare, share_of
from commerce.orders.types import LineData


def line(
    *, quantity: int, unit: int, discount: int = 0, platform: int = 0, tax: int = 0
) -> LineData:
    return LineData(
        id=1, variant_id=1, title="Lamp", sku="L-1", options=[], image={}, path="",
        quantity=quantity, unit=Money(unit, "USD"), total=Money(unit * quantity, "USD"),
        discount=Money(discount, "USD"), platform_discount=Money(platform, "USD"),
        tax=Money(tax, "USD"), included_tax=Money(0, "USD"), tax_rate_bps=0, tax_name="",
        commission_bps=1_000, commission=Money(unit * quantity // 10, "USD"), adjustments=[],
        explanation=[], promised_by=None, shipped_quantity=0, canceled_quantity=0,
        returned_quantity=0,
    )  # fmt: skip


def test_the_first_units_of_an_uneven_line_take_the_odd_cents():
    three = line(quantity=3, unit=100, tax=2)
    assert [share_of(three, after=k, count=1).tax_minor for k in range(3)] == [1, 1, 0]


@given(data=st.data())
def test_any_sequence_of_partial_returns_gives_each_cent_back_once(data):
    quantity = data.draw(st.integers(1, 40))
    unit = data.draw(st.integers(1, 50_000))
    discount = data.draw(st.integers(0, unit * quantity))
    platform = data.draw(st.integers(0, discount))
    sold = line(quantity=quantity, unit=unit, discount=discount, platform=platform, tax=discount)
    taken, shares = 0, []
    while taken < quantity:
        count = data.draw(st.integers(1, quantity - taken))
        shares.append(share_of(sold, after=taken, count=count))
        taken += count
    whole = share_of(sold, after=0, count=quantity)
    for field in dataclasses.fields(LineShare):
        parts = [getattr(share, field.name) for share in shares]
        assert sum(parts) == getattr(whole, field.name)
        assert min(parts) >= 0
    assert whole.paid_minor == sold.paid.minor


@pytest.mark.parametrize(("after", "count"), [(0, 0), (2, 2), (-1, 1), (0, 4)])
def test_no_more_units_are_shared_than_the_line_has(after, count):
    with pytest.raises(ValueError, match="cannot take"):
        share_of(line(quantity=3, unit=100), after=after, count=count)


@pytest.mark.django_db
def test_the_database_shares_out_as_the_code_does() -> None:
    """Two implementations: largest remainder by sorting here, by remainder of division there."""
    rolls = random.Random(20261120)
    cases = []
    for _ in range(2000):
        units = rolls.randint(1, 40)
        after = rolls.randrange(units)
        count = rolls.randint(1, units - after)
        whole = rolls.choice([0, 1, units - 1, units, rolls.randrange(10**6), 10**12 + units])
        cases.append((whole, units, after, count))
    columns = [list(column) for column in zip(*cases, strict=True)]
    rows = fetch(
        "SELECT orders_units_share(w, u, a, c) FROM unnest(%s::bigint[], %s::int[], %s::int[],"
        " %s::int[]) AS given (w, u, a, c)",
        *columns,
    )

    assert [row[0] for row in rows] == [
        sum(split(whole, weights=[1] * units)[after : after + count])
        for whole, units, after, count in cases
    ]
