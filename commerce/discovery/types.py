"""What crosses the border of discovery."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from commerce.kernel.money import Money
from commerce.offers.types import Offer, Shown


@dataclass(frozen=True, kw_only=True)
class CardData:
    """Everything a product card shows."""

    product_id: int
    title: str
    path: str
    image: dict[str, Any]
    seller_id: int
    seller_name: str
    seller_path: str
    brand: str
    price: Money
    compare_at: Money | None
    price_varies: bool
    in_stock: bool
    variants_summary: str
    told: Shown | None = None
    """What this shopper is told of it, where that is more than everybody is."""


@dataclass(frozen=True, kw_only=True)
class CardFilter:
    """Which cards; every part that is given must hold."""

    category_key: UUID | None = None
    seller_id: int | None = None
    query: str | None = None
    product_ids: Sequence[int] | None = None
    in_stock: bool = False


@dataclass(frozen=True, kw_only=True)
class CardPage:
    cards: list[CardData]
    total: int
    """How many match, counted no further than `COUNT_CAP`."""
    total_is_capped: bool
    page: int
    pages: int

    @property
    def total_text(self) -> str:
        return f"{self.total:,}+" if self.total_is_capped else f"{self.total:,}"


@dataclass(frozen=True, kw_only=True)
class RailRule:
    """How a rail of cards picks them: a sort over a filter."""

    sort: str = "newest"
    category_key: UUID | None = None
    seller_id: int | None = None
    limit: int = 8
    except_product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Alternatives:
    """Other variants of the product; where there are none, cards of products like it."""

    variants: Sequence[Offer] = ()
    cards: Sequence[CardData] = ()


@dataclass(frozen=True, kw_only=True)
class SitemapEntry:
    path: str
    updated_at: datetime
    image_url: str
    title: str
