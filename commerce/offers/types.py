"""What crosses the border of offers."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from commerce.kernel.money import Money
from commerce.pricing.types import Promotion, Tier, tier_at

Refusal = Literal["withdrawn", "seller-away", "no-price", "sold-out"]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page tells one shopper of an offer: what a cart with one of it would charge."""

    price: Money
    """After the promotions that apply by themselves, before tax and shipping."""
    before: Money | None
    """What that is compared with, always higher."""
    lowest_before: Money | None
    public: Money
    """What a stranger would pay."""
    is_own: bool = False
    """By a list for a group that the shopper belongs to."""
    taken: tuple[Promotion, ...] = ()
    """The promotions by which the price is reduced."""
    others: tuple[Promotion, ...] = ()
    """Those that more of it, or its parcel, would get."""
    may_tell_by_how_much: bool = True
    """What the promotions take off is taken off what the price is compared with."""


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
    seller_country: str = ""
    category_keys: frozenset[str] = frozenset()
    tiers: tuple[Tier, ...] = ()
    """What one costs by how many are bought; empty without a price."""
    lowest_before: Money | None = None
    """The lowest price of the thirty days before a reduction, while there is one."""
    ordinary: Money | None = None
    """What one costs a stranger, where the price is of a list for the shopper's group."""
    shown: Shown | None = None
    """What a page tells of it; only where promotions were asked for."""

    in_stock: int = 0
    """How many can leave at once; more, up to `available`, arrive on `expected_on`."""
    expected_on: date | None = None
    is_preorder: bool = False
    cart_hold_minutes: int = 0
    """How long a cart that takes it holds it; 0 when carts hold nothing."""

    def unit_at(self, quantity: int) -> Money:
        """What one costs when so many are bought."""
        return tier_at(self.tiers, quantity).amount if self.tiers else self.price

    @property
    def told(self) -> Shown:
        """What a page tells of it, promotions aside where they were not asked for."""
        if self.shown:
            return self.shown
        if self.ordinary is None:
            lowest = self.lowest_before if self.compare_at else None
            return Shown(
                price=self.price, before=self.compare_at, lowest_before=lowest, public=self.price
            )
        before = self.ordinary if self.ordinary.minor > self.price.minor else None
        return Shown(
            price=self.price, before=before, lowest_before=None, public=self.ordinary, is_own=True
        )

    @property
    def is_sellable(self) -> bool:
        return self.refusal is None

    @property
    def options_text(self) -> str:
        """The chosen options as people read them: "Black / M"."""
        return " / ".join(self.option_values)

    def arrives_on(self, quantity: int) -> date | None:
        """Return when so many are expected, when they are not all there; else None."""
        return self.expected_on if quantity > self.in_stock else None

    def arrival_text(self, quantity: int) -> str:
        """Say when so many are expected, when they are not all there; "" when they are."""
        day = self.arrives_on(quantity)
        if day is None:
            return ""
        when = f"{day.day} {day:%B %Y}"
        if self.is_preorder:
            return f"Preorder: available from {when}"
        if self.in_stock > 0:
            return f"{self.in_stock} in stock, the others expected by {when}"
        return f"On backorder: expected by {when}"
