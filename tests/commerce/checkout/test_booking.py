"""The arithmetic of a sale against a second, independent way to compute it."""

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from commerce.checkout.booking import capture_entries, fee_entries, orphan_entries
from commerce.orders.types import LineDraft, OrderDraft, PartAmounts, SellerOrderDraft

rates = st.integers(0, 3000)
lines = st.builds(
    lambda unit, quantity, tax, commission: LineDraft(
        variant_id=1,
        title="Mug",
        sku="MUG",
        options=[],
        image={},
        path="",
        quantity=quantity,
        unit_minor=unit,
        tax_minor=exact(unit * quantity, tax),
        tax_rate_bps=tax,
        tax_name="",
        commission_bps=commission,
    ),
    st.integers(1, 10**7),
    st.integers(1, 999),
    rates,
    rates,
)
parts = st.builds(
    lambda shipping, rate, content: SellerOrderDraft(
        seller_id=0,
        shipping_minor=shipping,
        shipping_tax_minor=exact(shipping, rate),
        shipping_method={},
        lines=content,
    ),
    st.integers(0, 50_000),
    rates,
    st.lists(lines, min_size=1, max_size=6),
)


def exact(minor: int, basis_points: int) -> int:
    """A rate of an amount, computed the long way."""
    share = (Decimal(minor) * Decimal(basis_points) / Decimal(10_000)).quantize(
        Decimal(1), rounding=ROUND_HALF_EVEN
    )
    return int(share)


def order_of(sellers: list[SellerOrderDraft]) -> OrderDraft:
    return OrderDraft(
        cart_id=1, user_id=None, email="", currency="USD", ship_to={}, seller_orders=sellers
    )


def amounts_of(order: OrderDraft) -> list[PartAmounts]:
    return [
        PartAmounts(
            seller_id=number,
            goods_minor=part.goods_minor,
            shipping_minor=part.shipping_minor,
            tax_minor=part.tax_minor,
            commission_minor=part.commission_minor,
        )
        for number, part in enumerate(order.seller_orders, start=1)
    ]


@given(sellers=st.lists(parts, min_size=1, max_size=5), fee=st.integers(0, 10**6))
def test_every_cent_of_a_sale_has_one_owner(sellers: list[SellerOrderDraft], fee: int) -> None:
    order = order_of(sellers)
    gross = order.total_minor

    entries = capture_entries(parts=amounts_of(order), gross_minor=gross, fee_minor=fee)

    assert sum(entries.values()) == 0
    assert entries["stripe"] + entries["stripe:fees"] == gross
    all_lines = [line for part in sellers for line in part.lines]
    goods = sum(line.unit_minor * line.quantity for line in all_lines)
    commission = sum(
        exact(line.unit_minor * line.quantity, line.commission_bps) for line in all_lines
    )
    tax = sum(exact(line.unit_minor * line.quantity, line.tax_rate_bps) for line in all_lines)
    tax += sum(part.shipping_tax_minor for part in sellers)
    shipping = sum(part.shipping_minor for part in sellers)
    assert entries["commission"] == -commission
    assert entries["tax"] == -tax
    owed = -sum(minor for code, minor in entries.items() if code.startswith("payable:"))
    assert owed == goods - commission + shipping
    assert gross == goods + shipping + tax


@given(sellers=st.lists(parts, min_size=1, max_size=5))
def test_the_commission_never_takes_more_than_the_goods(sellers: list[SellerOrderDraft]) -> None:
    for part in sellers:
        assert 0 <= part.commission_minor <= part.goods_minor


@given(gross=st.integers(1, 10**9), fee=st.integers(0, 10**6))
def test_money_without_an_order_is_owed_back_whole(gross: int, fee: int) -> None:
    entries = orphan_entries(gross_minor=gross, fee_minor=fee)

    assert sum(entries.values()) == 0
    assert entries["refunds:owed"] == -gross


@given(fee=st.integers(1, 10**6))
def test_a_late_fee_leaves_the_providers_balance(fee: int) -> None:
    assert sum(fee_entries(fee_minor=fee).values()) == 0
