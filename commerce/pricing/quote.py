"""What a shopper pays: pure arithmetic on whole minor units, no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commerce.kernel.money import Money, share

STANDARD = "standard"


@dataclass(frozen=True, kw_only=True)
class TaxRateData:
    name: str
    rate_bps: int


NO_TAX = TaxRateData(name="No tax", rate_bps=0)


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """One line to be priced. `key` is the caller's own name for it."""

    key: int
    seller_id: int
    unit_minor: int
    quantity: int
    tax_class: str = STANDARD


@dataclass(frozen=True, kw_only=True)
class QuotedLine:
    total: Money
    """Quantity times unit price, net of tax."""
    tax: Money
    rate_bps: int
    tax_name: str


@dataclass(frozen=True, kw_only=True)
class QuotedSeller:
    goods: Money
    shipping: Money
    shipping_tax: Money
    tax: Money
    """Tax on goods and on shipping."""
    total: Money


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The total equals goods, shipping and tax, and also the sum of the sellers' totals."""

    lines: dict[int, QuotedLine]
    sellers: dict[int, QuotedSeller]
    goods: Money
    shipping: Money
    tax: Money
    total: Money


def quote(
    *,
    lines: Sequence[QuoteLine],
    shipping: Mapping[int, int],
    rates: Mapping[str, TaxRateData],
    currency: str,
) -> Quote:
    """Price lines and each seller's shipping for one destination.

    Tax is taken on each line's total and rounded half to even there, once; every
    sum is a sum of rounded parts, so no cent appears or is lost. Shipping is taxed
    at the destination's standard rate. A class without a rate is not taxed.
    Raises ValueError for a quantity below one, a negative price or a key used twice.
    """
    if len({line.key for line in lines}) != len(lines):
        raise ValueError("a line's key is used twice")
    quoted = {line.key: _line(line, rates, currency) for line in lines}
    members: dict[int, list[QuotedLine]] = {seller_id: [] for seller_id in shipping}
    for line in lines:
        members.setdefault(line.seller_id, []).append(quoted[line.key])
    standard = rates.get(STANDARD, NO_TAX)
    sellers = {
        seller_id: _seller(parts, shipping.get(seller_id, 0), standard, currency)
        for seller_id, parts in members.items()
    }
    goods, carriage, tax = (
        _sum([getattr(part, name) for part in sellers.values()], currency)
        for name in ("goods", "shipping", "tax")
    )
    return Quote(
        lines=quoted,
        sellers=sellers,
        goods=goods,
        shipping=carriage,
        tax=tax,
        total=goods + carriage + tax,
    )


def _line(line: QuoteLine, rates: Mapping[str, TaxRateData], currency: str) -> QuotedLine:
    if line.quantity < 1 or line.unit_minor < 0:
        raise ValueError("a line needs a quantity of at least one and a price")
    rate = rates.get(line.tax_class, NO_TAX)
    total = line.unit_minor * line.quantity
    return QuotedLine(
        total=Money(total, currency),
        tax=Money(share(total, basis_points=rate.rate_bps), currency),
        rate_bps=rate.rate_bps,
        tax_name=rate.name,
    )


def _seller(
    parts: Sequence[QuotedLine], shipping_minor: int, standard: TaxRateData, currency: str
) -> QuotedSeller:
    if shipping_minor < 0:
        raise ValueError("shipping cannot be negative")
    goods = _sum([part.total for part in parts], currency)
    shipping = Money(shipping_minor, currency)
    shipping_tax = Money(share(shipping_minor, basis_points=standard.rate_bps), currency)
    tax = _sum([part.tax for part in parts], currency) + shipping_tax
    return QuotedSeller(
        goods=goods,
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax=tax,
        total=goods + shipping + tax,
    )


def _sum(amounts: Sequence[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))
