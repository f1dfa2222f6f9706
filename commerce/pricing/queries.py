"""Reads of pricing."""

from collections.abc import Iterable

from commerce.kernel.money import Money
from commerce.kernel.sql import fetch

from .quote import NO_TAX, quote
from .types import PriceData, TaxRateData

__all__ = ["prices_of", "quote", "tax_rates"]

_PRICES = """
SELECT variant_id, amount_minor, compare_at_minor FROM pricing_price
WHERE currency = %s AND variant_id = ANY (%s)
"""

# The country's own row has an empty region and comes first.
_RATES = """
SELECT tax_class, name, rate_bps FROM pricing_taxrate
WHERE country = %s AND region IN (%s, '') AND tax_class = ANY (%s)
ORDER BY region
"""


def prices_of(*, variant_ids: Iterable[int], currency: str) -> dict[int, PriceData]:
    """Return today's prices, net of tax; a variant without one is left out."""
    rows = fetch(_PRICES, currency, list(variant_ids))
    return {
        variant_id: PriceData(
            amount=Money(amount, currency),
            compare_at=None if compare_at is None else Money(compare_at, currency),
        )
        for variant_id, amount, compare_at in rows
    }


def tax_rates(*, country: str, region: str, tax_classes: Iterable[str]) -> dict[str, TaxRateData]:
    """Return each class's rate at a destination: the region's, else the country's, else none."""
    classes = set(tax_classes)
    found = dict.fromkeys(classes, NO_TAX)
    for tax_class, name, rate_bps in fetch(_RATES, country, region, list(classes)):
        found[tax_class] = TaxRateData(name=name, rate_bps=rate_bps)
    return found
