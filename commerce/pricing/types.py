"""What crosses the border of pricing."""

from dataclasses import dataclass

from commerce.kernel.money import Money

from .quote import STANDARD, Quote, QuotedLine, QuotedSeller, QuoteLine, TaxRateData

__all__ = [
    "STANDARD",
    "PriceData",
    "PriceInput",
    "Quote",
    "QuoteLine",
    "QuotedLine",
    "QuotedSeller",
    "TaxRateData",
]


@dataclass(frozen=True, kw_only=True)
class PriceInput:
    variant_id: int
    currency: str
    amount_minor: int
    compare_at_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class PriceData:
    amount: Money
    compare_at: Money | None
    """What it cost before; shown struck through, always higher than the amount."""
