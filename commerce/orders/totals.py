"""What promotions took off placed orders and which taxes they hold, summed from what was frozen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commerce.kernel.money import Money
from commerce.pricing.types import Saving, TaxRow

from .types import SellerOrderData


def savings_of(parts: Sequence[SellerOrderData]) -> list[Saving]:
    """Return what each promotion took off goods and shipping of these parts together."""
    sums: dict[tuple[int, str, str], int] = {}
    for cut in _cuts(parts):
        key = (int(cut.get("promotion") or 0), str(cut["label"]), str(cut.get("code", "")))
        sums[key] = sums.get(key, 0) + int(cut["amount_minor"])
    return [
        Saving(promotion_id=id, label=label, code=code, amount=Money(minor, _currency(parts)))
        for (id, label, code), minor in sums.items()
    ]


def taxes_of(parts: Sequence[SellerOrderData]) -> list[TaxRow]:
    """Return the breakdown by rate of these parts together, the highest rate first.

    Only rounded amounts are added up, so the rows sum to the order's tax.
    """
    sums: dict[tuple[str, int, bool], list[int]] = {}

    def add(name: str, rate_bps: int, left: Money, tax: Money, included: Money) -> None:
        row = sums.setdefault((name, rate_bps, bool(included)), [0, 0])
        row[0] += left.minor - included.minor
        row[1] += tax.minor + included.minor

    for part in parts:
        for line in part.lines:
            left = line.total - line.discount
            add(line.tax_name or "Tax", line.tax_rate_bps, left, line.tax, line.included_tax)
        if left := part.shipping - part.shipping_discount:
            rate = part.shipping_method.get("tax") or {"name": "Tax on shipping", "rate_bps": 0}
            on_lines = sum((line.included_tax.minor for line in part.lines), start=0)
            included = Money(part.included_tax.minor - on_lines, left.currency)
            add(str(rate["name"]), int(rate["rate_bps"]), left, part.shipping_tax, included)
    currency = _currency(parts)
    return [
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
    ]


def _cuts(parts: Iterable[SellerOrderData]) -> Iterable[Mapping[str, Any]]:
    for part in parts:
        for line in part.lines:
            yield from line.adjustments
        yield from part.shipping_method.get("adjustments", ())


def _currency(parts: Sequence[SellerOrderData]) -> str:
    return parts[0].total.currency if parts else ""
