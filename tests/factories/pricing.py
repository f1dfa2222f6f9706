"""Prices and tax rates."""

from commerce.pricing import operations
from commerce.pricing.types import PriceInput


def set_price(
    variant_id: int, minor: int = 1250, *, currency: str = "USD", compare_at: int | None = None
) -> None:
    operations.set_prices(
        prices=[
            PriceInput(
                variant_id=variant_id,
                currency=currency,
                amount_minor=minor,
                compare_at_minor=compare_at,
            )
        ]
    )


def tax_germany() -> None:
    """19 percent, and 7 on books."""
    for tax_class, name, rate in (("standard", "VAT 19%", 1900), ("books", "VAT 7%", 700)):
        operations.set_tax_rate(
            country="DE", region="", tax_class=tax_class, name=name, rate_bps=rate
        )
