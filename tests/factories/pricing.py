"""Prices and tax rates."""

from typing import Any

from commerce.pricing import operations
from commerce.pricing.types import PriceInput, PromotionInput


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


def make_promotion(**about: Any) -> int:
    """Ten percent off everything, borne by the marketplace, unless said otherwise."""
    given = {"label": "Spring sale", "kind": "percentage", "percent_bps": 1000, **about}
    if given["kind"] != "percentage" and "percent_bps" not in about:
        given["percent_bps"] = 10_000 if given["kind"] == "buy-get" else 0
    return operations.save_promotion(promotion=PromotionInput(**given))
