"""What crosses the border of offers."""

from dataclasses import dataclass
from typing import Any, Literal

from commerce.kernel.money import Money

Refusal = Literal["withdrawn", "seller-away", "no-price", "sold-out"]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a variant is sold for now, or the reason why it is not.

    Without a price the price is zero and the refusal is "no-price" or an earlier one:
    look at `refusal` before you sell.
    """

    variant_id: int
    product_id: int
    seller_id: int
    sku: str
    title: str
    option_values: list[str]
    path: str
    image: dict[str, Any]
    price: Money
    compare_at: Money | None
    available: int
    low: bool
    weight_grams: int
    tax_class: str
    refusal: Refusal | None
    seller_name: str
    seller_path: str

    @property
    def is_sellable(self) -> bool:
        return self.refusal is None

    @property
    def options_text(self) -> str:
        """The chosen options as people read them: "Black / M"."""
        return " / ".join(self.option_values)
