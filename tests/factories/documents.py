"""Sellers whose papers are in order, and orders of theirs to be put on paper."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from commerce.documents import operations
from commerce.documents.models import Document
from commerce.documents.types import Issuer, LetterheadData, Payment
from commerce.kernel.money import Money, share
from commerce.orders import operations as orders
from commerce.orders.operations import Terms
from commerce.orders.types import LineData, SellerOrderData
from commerce.sellers.models import Seller
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

HAMBURG = LetterheadData(
    line1="Hafenstraße 12",
    city="Hamburg",
    postal_code="20457",
    country="DE",
    vat_id="DE123456789",
    footer="Registered at Hamburg, HRB 4711",
)
COLOGNE = {
    "name": "Jürgen Groß",
    "company": "Groß & Söhne GmbH",
    "line1": "Lindenallee 5",
    "city": "Köln",
    "postal_code": "50667",
    "country": "DE",
}
ISSUER = Issuer(
    legal_name="Tidemark Outfitters GmbH",
    trade_name="Tidemark",
    email="hello@tidemark.example",
    letterhead=HAMBURG,
)
NOON = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def make_registered_seller() -> Seller:
    """A seller that told its address and its VAT ID."""
    seller = make_seller()
    operations.save_letterhead(seller_id=seller.pk, letterhead=HAMBURG)
    return seller


def paid_part(seller: Seller | None = None, **sold: Any) -> SellerOrderData:
    """One seller's part of an order that was paid."""
    return sell(Sold(seller=seller or make_seller(), **sold)).seller_orders[0]


def billed(part: SellerOrderData) -> Document:
    """Bill a part; returns the invoice."""
    return Document.objects.get(pk=operations.issue_invoice(seller_order_id=part.id))


def cancel(part: SellerOrderData, units: dict[int, int], *, key: str = "c1") -> int:
    """Cancel units of a part; returns the adjustment."""
    given = orders.cancel_units(
        seller_order_id=part.id, units=units, terms=Terms(kind="canceled", business_key=key)
    )
    return given.id


def a_line(
    number: int = 1,
    *,
    currency: str = "EUR",
    unit: int = 1250,
    quantity: int = 2,
    rate: int = 1900,
    discount: int = 0,
    tax_name: str = "VAT",
    included: bool = False,
    title: str = "Stoneware mug",
) -> LineData:
    """A line that no database knows of."""
    total = unit * quantity
    paid = total - discount
    inside = paid - round(paid * 10_000 / (10_000 + rate)) if included else 0
    on_top = 0 if included else share(paid, basis_points=rate)

    def money(minor: int) -> Money:
        return Money(minor, currency)

    return LineData(
        id=number, variant_id=number, title=title, sku=f"SKU-{number:04d}", options=["Sand"],
        image={}, path="", quantity=quantity, unit=money(unit), total=money(total),
        discount=money(discount), platform_discount=money(0), included_tax=money(inside),
        adjustments=[{"label": "Autumn"}] if discount else [], explanation=[], promised_by=None,
        tax=money(on_top), tax_rate_bps=rate, tax_name=tax_name, commission_bps=1000,
        commission=money(0), shipped_quantity=quantity, canceled_quantity=0, returned_quantity=0,
    )  # fmt: skip


def a_part(
    lines: Sequence[LineData],
    *,
    shipping: int = 700,
    rate: int = 1900,
    included: bool = False,
    ship_to: dict[str, Any] | None = None,
) -> SellerOrderData:
    """A seller's part that no database knows of."""
    currency = lines[0].total.currency

    def money(minor: int) -> Money:
        return Money(minor, currency)

    inside = shipping - round(shipping * 10_000 / (10_000 + rate)) if included else 0
    on_top = 0 if included else share(shipping, basis_points=rate)
    goods = sum(line.total.minor for line in lines)
    discount = sum(line.discount.minor for line in lines)
    tax = on_top + sum(line.tax.minor for line in lines)
    return SellerOrderData(
        id=1, number="ORD-20261120-0042-1", seller_id=7, state="shipped", order_id=1,
        order_token="t", order_number="ORD-20261120-0042", email="ada@example.com",
        ship_to=ship_to or COLOGNE, shipping_method={"name": "Standard", "carrier": "DHL"},
        goods=money(goods), discount=money(discount), shipping=money(shipping),
        shipping_discount=money(0), platform_discount=money(0), tax=money(tax),
        included_tax=money(inside + sum(line.included_tax.minor for line in lines)),
        shipping_tax=money(on_top), total=money(goods - discount + shipping + tax),
        commission=money(0), placed_at=NOON, confirmed_at=NOON, delivered_at=None,
        lines=tuple(lines),
    )  # fmt: skip


def paid_by_card(part: SellerOrderData) -> Payment:
    return Payment(method="visa 4242", credit=Money.zero(part.total.currency), paid=part.total)
