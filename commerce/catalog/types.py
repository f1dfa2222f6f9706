"""What crosses the border of the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

TAX_CLASSES = {
    "standard": "Standard",
    "reduced": "Reduced",
    "super-reduced": "Super-reduced",
    "food": "Food",
    "books": "Books",
    "exempt": "Exempt: never taxed",
}
"""How a kind of product can be taxed; a place that names no rate for a class does not tax it."""


@dataclass(frozen=True, kw_only=True)
class VariantInput:
    """One SKU as a seller describes it. `option_values` follow the product's options."""

    sku: str
    option_values: Sequence[str] = ()
    weight_grams: int = 0
    barcode: str = ""
    position: int = 0


@dataclass(frozen=True, kw_only=True)
class ProductData:
    id: int
    seller_id: int
    type_code: str
    tax_class: str
    handle: str
    name: str
    brand: str
    options: list[str]
    specifications: list[list[str]]
    state: str


@dataclass(frozen=True, kw_only=True)
class VariantData:
    id: int
    product_id: int
    seller_id: int
    sku: str
    option_values: list[str]
    weight_grams: int
    is_active: bool
    tax_class: str
    barcode: str = ""


@dataclass(frozen=True, kw_only=True)
class ListingData:
    product_id: int
    title: str
    summary: str
    path: str
    image: dict[str, Any] = field(default_factory=dict)
    category_keys: list[UUID] = field(default_factory=list)
    is_live: bool
    first_published_at: datetime


@dataclass(frozen=True, kw_only=True)
class SaleData:
    """A variant with what an offer needs of its product and its live page."""

    variant_id: int
    product_id: int
    seller_id: int
    sku: str
    option_values: list[str]
    weight_grams: int
    tax_class: str
    title: str
    path: str
    image: dict[str, Any]
    is_on_sale: bool
    """The variant is active, its product too, and a live page presents it."""
    category_keys: frozenset[str] = frozenset()
