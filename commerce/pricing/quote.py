"""What a shopper pays: pure arithmetic on whole minor units, no database.

In this order: price, discounts, tax. Every step is kept, so that each line can be explained.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from commerce.kernel.money import Money, included_share, share

from .discounts import Cut, Cuts, Idle, Piece, Promotion, cut

STANDARD = "standard"
SHIPPING = "shipping"
"""The class of shipping where it is taxed otherwise than goods."""
Step = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TaxRateData:
    name: str
    rate_bps: int


NO_TAX = TaxRateData(name="No tax", rate_bps=0)
NO_PLACE = TaxRateData(name="Tax is added once there is an address", rate_bps=0)
REVERSE_CHARGE = TaxRateData(name="Reverse charge", rate_bps=0)


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where a seller's goods are fetched, and what is taxed there at which rates."""

    name: str
    rates: Mapping[str, TaxRateData]


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """One line to be priced. `key` is the caller's own name for it."""

    key: int
    seller_id: int
    unit_minor: int
    quantity: int
    tax_class: str = STANDARD
    tax_included: bool = False
    """The unit price holds the destination's tax already."""
    product_id: int = 0
    category_keys: frozenset[str] = frozenset()
    price_steps: tuple[Step, ...] = ()
    """How the unit price came about."""


@dataclass(frozen=True, kw_only=True)
class QuotedLine:
    unit: Money
    total: Money
    """Quantity times unit price, before discounts."""
    discount: Money
    platform_discount: Money
    """What the marketplace bears of the discount."""
    tax: Money
    """Added on top."""
    included_tax: Money
    """Contained in the total already."""
    rate_bps: int
    tax_name: str
    cuts: tuple[Cut, ...] = ()
    steps: tuple[Step, ...] = field(default=(), compare=False)

    @property
    def net_of_discount(self) -> Money:
        return self.total - self.discount


@dataclass(frozen=True, kw_only=True)
class QuotedSeller:
    goods: Money
    discount: Money
    shipping: Money
    shipping_discount: Money
    platform_shipping_discount: Money
    shipping_tax: Money
    included_shipping_tax: Money
    tax: Money
    """Tax on goods and on shipping, added on top."""
    included_tax: Money
    """Tax contained in goods and shipping."""
    total: Money
    shipping_rate: TaxRateData = NO_TAX
    shipping_cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TaxRow:
    """One rate of the breakdown: what it was taken on and what it came to."""

    name: str
    rate_bps: int
    base: Money
    """Without the tax."""
    amount: Money
    included: bool


@dataclass(frozen=True, kw_only=True)
class Saving:
    """What one promotion takes off the whole order."""

    promotion_id: int
    label: str
    code: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The total equals goods less discounts plus shipping and tax, and the sum of the sellers'."""

    lines: dict[int, QuotedLine]
    sellers: dict[int, QuotedSeller]
    goods: Money
    discount: Money
    shipping: Money
    shipping_discount: Money
    tax: Money
    included_tax: Money
    total: Money
    taxes: tuple[TaxRow, ...] = ()
    savings: tuple[Saving, ...] = ()
    idle: dict[int, Idle] = field(default_factory=dict)
    """Why a promotion took nothing off, by its id."""


def quote(
    *,
    lines: Sequence[QuoteLine],
    shipping: Mapping[int, int],
    rates: Mapping[str, TaxRateData],
    currency: str,
    promotions: Sequence[Promotion] = (),
    is_first_order: bool = True,
    reverse_charged: Collection[int] = (),
    stores: Mapping[int, Store] | None = None,
) -> Quote:
    """Price lines and each seller's shipping for one destination.

    Tax is taken once, on what is left of a line after its discounts, and rounded half
    to even there; every sum is a sum of rounded parts, so no cent appears or is lost.
    Shipping is taxed at the destination's standard rate, and holds its tax when all the
    seller's prices do. Of `reverse_charged` sellers the buyer owes the tax: prices that
    hold tax lose it, unit by unit. Of sellers in `stores` the goods are fetched, so the
    rates of the store count and nothing is reverse charged. A class without a rate is
    not taxed. Raises ValueError for a quantity below one, a negative price or a key used twice.
    """
    _check(lines, shipping)
    taxes = _Taxes(rates=rates, stores=stores or {}, reverse_charged=reverse_charged)
    priced = [
        _without_tax(line, rates) if taxes.are_owed_by_buyer(line.seller_id) else line
        for line in lines
    ]
    carriage = {
        seller_id: _bare(minor, _of_shipping(rates))
        if taxes.are_owed_by_buyer(seller_id) and _holds_tax(seller_id, lines)
        else minor
        for seller_id, minor in shipping.items()
    }
    cuts = cut(
        promotions=promotions,
        pieces=[piece_of(line) for line in priced],
        shipping=carriage,
        is_first_order=is_first_order,
    )
    quoted = {line.key: _line(line, taxes, cuts, currency) for line in priced}
    sellers = {
        seller_id: _seller(
            seller_id,
            [quoted[line.key] for line in priced if line.seller_id == seller_id],
            carriage.get(seller_id, 0),
            taxes.on_shipping(seller_id),
            cuts,
            tax_included=_holds_tax(seller_id, priced),
            currency=currency,
        )
        for seller_id in dict.fromkeys([*shipping, *(line.seller_id for line in lines)])
    }
    sums = {
        name: _sum([getattr(part, name) for part in sellers.values()], currency)
        for name in (
            "goods", "discount", "shipping", "shipping_discount", "tax", "included_tax", "total",
        )
    }  # fmt: skip
    return Quote(
        lines=quoted,
        sellers=sellers,
        **sums,
        taxes=_breakdown(quoted.values(), sellers.values(), currency),
        savings=_savings(cuts, currency),
        idle=cuts.idle,
    )


def _check(lines: Sequence[QuoteLine], shipping: Mapping[int, int]) -> None:
    if len({line.key for line in lines}) != len(lines):
        raise ValueError("a line's key is used twice")
    if any(line.quantity < 1 or line.unit_minor < 0 for line in lines):
        raise ValueError("a line needs a quantity of at least one and a price")
    if any(minor < 0 for minor in shipping.values()):
        raise ValueError("shipping cannot be negative")


def _holds_tax(seller_id: int, lines: Sequence[QuoteLine]) -> bool:
    own = [line.tax_included for line in lines if line.seller_id == seller_id]
    return bool(own) and all(own)


def _bare(minor: int, rate: TaxRateData) -> int:
    return minor - included_share(minor, basis_points=rate.rate_bps)


def _without_tax(line: QuoteLine, rates: Mapping[str, TaxRateData]) -> QuoteLine:
    """Take the tax out of a price that holds it; the buyer pays it to the state."""
    if not line.tax_included:
        return line
    unit = _bare(line.unit_minor, rates.get(line.tax_class, NO_TAX))
    taken: Step = {"step": "tax-taken-out", "unit_minor": unit, "was_minor": line.unit_minor}
    return replace(
        line, unit_minor=unit, tax_included=False, price_steps=(*line.price_steps, taken)
    )


def _of_shipping(rates: Mapping[str, TaxRateData]) -> TaxRateData:
    return rates.get(SHIPPING) or rates.get(STANDARD, NO_TAX)


@dataclass(frozen=True, kw_only=True)
class _Taxes:
    """Which rate counts for what: the destination's, a store's, or the buyer owes the tax."""

    rates: Mapping[str, TaxRateData]
    stores: Mapping[int, Store]
    reverse_charged: Collection[int]

    def are_owed_by_buyer(self, seller_id: int) -> bool:
        return seller_id in self.reverse_charged and seller_id not in self.stores

    def on_line(self, line: QuoteLine) -> TaxRateData:
        if self.are_owed_by_buyer(line.seller_id):
            return REVERSE_CHARGE
        return self._there(line.seller_id).get(line.tax_class, NO_TAX)

    def on_shipping(self, seller_id: int) -> TaxRateData:
        if self.are_owed_by_buyer(seller_id):
            return REVERSE_CHARGE
        return _of_shipping(self._there(seller_id))

    def fetched_at(self, seller_id: int) -> str:
        store = self.stores.get(seller_id)
        return store.name if store else ""

    def _there(self, seller_id: int) -> Mapping[str, TaxRateData]:
        store = self.stores.get(seller_id)
        return store.rates if store else self.rates


def piece_of(line: QuoteLine) -> Piece:
    """A line as promotions see it."""
    return Piece(
        key=line.key,
        seller_id=line.seller_id,
        product_id=line.product_id,
        category_keys=line.category_keys,
        unit_minor=line.unit_minor,
        quantity=line.quantity,
    )


def _line(line: QuoteLine, taxes: _Taxes, cuts: Cuts, currency: str) -> QuotedLine:
    rate, fetched_at = taxes.on_line(line), taxes.fetched_at(line.seller_id)
    own = tuple(cuts.of.get(("line", line.key), ()))
    total = line.unit_minor * line.quantity
    discount = sum(each.amount_minor for each in own)
    tax, included = _tax(total - discount, rate, tax_included=line.tax_included)
    return QuotedLine(
        unit=Money(line.unit_minor, currency),
        total=Money(total, currency),
        discount=Money(discount, currency),
        platform_discount=Money(_borne_by_platform(own), currency),
        tax=Money(tax, currency),
        included_tax=Money(included, currency),
        rate_bps=rate.rate_bps,
        tax_name=rate.name,
        cuts=own,
        steps=_steps(line, own, rate, tax=tax, included=included, fetched_at=fetched_at),
    )


def _tax(minor: int, rate: TaxRateData, *, tax_included: bool) -> tuple[int, int]:
    """Return the tax to add, and the tax that is contained; one of them is zero."""
    if tax_included:
        return 0, included_share(minor, basis_points=rate.rate_bps)
    return share(minor, basis_points=rate.rate_bps), 0


def _borne_by_platform(cuts: Sequence[Cut]) -> int:
    return sum(each.amount_minor for each in cuts if each.funded_by == "platform")


def _steps(
    line: QuoteLine,
    cuts: Sequence[Cut],
    rate: TaxRateData,
    *,
    tax: int,
    included: int,
    fetched_at: str = "",
) -> tuple[Step, ...]:
    total = line.unit_minor * line.quantity
    left = total - sum(each.amount_minor for each in cuts)
    base: tuple[Step, ...] = line.price_steps or ({"step": "base", "unit_minor": line.unit_minor},)
    return (
        *base,
        {
            "step": "quantity",
            "unit_minor": line.unit_minor,
            "quantity": line.quantity,
            "amount_minor": total,
        },
        *({"step": "promotion", **each.as_dict()} for each in cuts),
        {
            "step": "tax",
            "name": rate.name,
            "rate_bps": rate.rate_bps,
            "tax_class": line.tax_class,
            "included": line.tax_included,
            "base_minor": left,
            "amount_minor": included if line.tax_included else tax,
            "rounding": "half-even",
            **({"fetched_at": fetched_at} if fetched_at else {}),
        },
        {"step": "total", "amount_minor": left + tax},
    )


def _seller(
    seller_id: int,
    parts: Sequence[QuotedLine],
    shipping_minor: int,
    standard: TaxRateData,
    cuts: Cuts,
    *,
    tax_included: bool,
    currency: str,
) -> QuotedSeller:
    own = tuple(cuts.of.get(("shipping", seller_id), ()))
    off = sum(each.amount_minor for each in own)
    tax, included = _tax(shipping_minor - off, standard, tax_included=tax_included)
    goods, discount, line_tax, line_included = (
        sum(getattr(part, name).minor for part in parts)
        for name in ("total", "discount", "tax", "included_tax")
    )
    amounts = {
        "goods": goods,
        "discount": discount,
        "shipping": shipping_minor,
        "shipping_discount": off,
        "platform_shipping_discount": _borne_by_platform(own),
        "shipping_tax": tax,
        "included_shipping_tax": included,
        "tax": line_tax + tax,
        "included_tax": line_included + included,
        "total": goods - discount + shipping_minor - off + line_tax + tax,
    }
    return QuotedSeller(
        **{name: Money(minor, currency) for name, minor in amounts.items()},
        shipping_rate=standard,
        shipping_cuts=own,
    )


def _breakdown(
    lines: Collection[QuotedLine],
    sellers: Collection[QuotedSeller],
    currency: str,
) -> tuple[TaxRow, ...]:
    """Sum rounded taxes by rate; nothing is rounded here. The highest rate comes first."""
    sums: dict[tuple[str, int, bool], list[int]] = {}

    def add(name: str, rate_bps: int, minor: int, tax: int, included: int) -> None:
        row = sums.setdefault((name, rate_bps, bool(included)), [0, 0])
        row[0] += minor - included
        row[1] += tax + included

    for line in lines:
        left = line.total.minor - line.discount.minor
        add(line.tax_name, line.rate_bps, left, line.tax.minor, line.included_tax.minor)
    for part in sellers:
        rate, left = part.shipping_rate, part.shipping.minor - part.shipping_discount.minor
        if left:
            tax, included = part.shipping_tax.minor, part.included_shipping_tax.minor
            add(rate.name, rate.rate_bps, left, tax, included)
    return tuple(
        TaxRow(
            name=name,
            rate_bps=rate_bps,
            base=Money(base, currency),
            amount=Money(amount, currency),
            included=included,
        )
        for (name, rate_bps, included), (base, amount) in sorted(
            sums.items(), key=lambda item: (-item[0][1], item[0])
        )
    )


def _savings(cuts: Cuts, currency: str) -> tuple[Saving, ...]:
    sums: dict[tuple[int, str, str], int] = {}
    for own in cuts.of.values():
        for each in own:
            key = (each.promotion_id, each.label, each.code)
            sums[key] = sums.get(key, 0) + each.amount_minor
    return tuple(
        Saving(promotion_id=id, label=label, code=code, amount=Money(minor, currency))
        for (id, label, code), minor in sorted(sums.items())
    )


def _sum(amounts: Sequence[Money], currency: str) -> Money:
    return sum(amounts, start=Money.zero(currency))
