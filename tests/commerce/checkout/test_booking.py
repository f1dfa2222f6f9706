"""The arithmetic of a sale against a second, independent way to compute it."""

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import given
from hypothesis import strategies as st

from commerce.checkout.booking import capture_entries, fee_entries
from commerce.orders.operations import SUMMED
from commerce.orders.types import LineDraft, OrderDraft, PartAmounts, SellerOrderDraft
from commerce.payments.booking import orphan_entries

rates = st.integers(0, 3000)
shares = st.integers(0, 10_000)


def exact(minor: int, basis_points: int) -> int:
    """A rate of an amount, computed the long way."""
    share = (Decimal(minor) * Decimal(basis_points) / Decimal(10_000)).quantize(
        Decimal(1), rounding=ROUND_HALF_EVEN
    )
    return int(share)


@st.composite
def lines(draw: st.DrawFn) -> LineDraft:
    unit, quantity = draw(st.integers(1, 10**7)), draw(st.integers(1, 999))
    discount = exact(unit * quantity, draw(shares))
    tax, left = draw(rates), unit * quantity - discount
    included = draw(st.booleans())
    return LineDraft(
        variant_id=1,
        title="Mug",
        sku="MUG",
        options=[],
        image={},
        path="",
        quantity=quantity,
        unit_minor=unit,
        tax_minor=0 if included else exact(left, tax),
        included_tax_minor=exact(left, tax) if included else 0,
        tax_rate_bps=tax,
        tax_name="",
        commission_bps=draw(rates),
        discount_minor=discount,
        platform_discount_minor=exact(discount, draw(shares)),
    )


@st.composite
def parts(draw: st.DrawFn) -> SellerOrderDraft:
    shipping = draw(st.integers(0, 50_000))
    taken_off = exact(shipping, draw(shares))
    return SellerOrderDraft(
        seller_id=0,
        shipping_minor=shipping,
        shipping_discount_minor=taken_off,
        platform_shipping_discount_minor=exact(taken_off, draw(shares)),
        shipping_tax_minor=exact(shipping - taken_off, draw(rates)),
        shipping_method={},
        lines=draw(st.lists(lines(), min_size=1, max_size=6)),
    )


def amounts_of(sellers: list[SellerOrderDraft]) -> list[PartAmounts]:
    return [
        PartAmounts(
            seller_id=number,
            platform_discount_minor=part.platform_discount_minor,
            commission_minor=part.commission_minor,
            **{name: getattr(part, name) for name in SUMMED},
        )
        for number, part in enumerate(sellers, start=1)
    ]


@given(sellers=st.lists(parts(), min_size=1, max_size=5), fee=st.integers(0, 10**6), by_card=shares)
def test_every_cent_of_a_sale_has_one_owner(
    sellers: list[SellerOrderDraft], fee: int, by_card: int
) -> None:
    order = OrderDraft(
        cart_id=1, user_id=None, email="", currency="USD", ship_to={}, seller_orders=sellers
    )
    gross = exact(order.total_minor, by_card)
    credit = order.total_minor - gross

    entries = capture_entries(
        parts=amounts_of(sellers), gross_minor=gross, fee_minor=fee, credit={"giftcards": credit}
    )

    assert sum(entries.values()) == 0
    assert entries["stripe"] + entries["stripe:fees"] == gross
    all_lines = [line for part in sellers for line in part.lines]
    goods = sum(line.unit_minor * line.quantity - line.discount_minor for line in all_lines)
    borne = sum(line.platform_discount_minor for line in all_lines)
    commission = sum(
        exact(
            line.unit_minor * line.quantity
            - line.discount_minor
            + line.platform_discount_minor
            - line.included_tax_minor,
            line.commission_bps,
        )
        for line in all_lines
    )
    included = sum(line.included_tax_minor for line in all_lines)
    tax = sum(line.tax_minor for line in all_lines)
    tax += sum(part.shipping_tax_minor for part in sellers)
    shipping = sum(part.shipping_minor - part.shipping_discount_minor for part in sellers)
    borne += sum(part.platform_shipping_discount_minor for part in sellers)
    assert entries["commission"] == -commission
    assert entries["promotions"] == borne
    assert entries["tax"] == -tax - included
    owed = -sum(minor for code, minor in entries.items() if code.startswith("payable:"))
    assert owed == goods + shipping + borne - included - commission
    assert gross + credit == goods + shipping + tax


@given(sellers=st.lists(parts(), min_size=1, max_size=5))
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
