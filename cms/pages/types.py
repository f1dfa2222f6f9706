"""What templates are given of the shop, its menus and its shelves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from commerce.kernel.money import Money
from commerce.offers.types import Shown


@dataclass(frozen=True, kw_only=True)
class ShopData:
    """What the whole shop says of itself."""

    name: str
    tagline: str = ""
    announcement: str = ""
    announcement_url: str = ""
    support_email: str = ""
    social: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A live category with its place in the tree."""

    page_id: int
    key: UUID
    path: str
    title: str
    url: str
    image: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SellerTile:
    """How a seller is shown on other pages."""

    seller_id: int
    name: str
    url: str
    location: str = ""
    text: str = ""
    image: dict[str, Any] = field(default_factory=dict)
    cover: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is told beside a price: whose it is, what reduces it, and what several cost."""

    told: Shown
    tiers: tuple[tuple[int, Money], ...]
    """What one costs from how many on, promotions aside."""

    @property
    def lowest_before(self) -> Money | None:
        """Return the lowest price of the thirty days before a reduction that is shown."""
        return self.told.lowest_before if self.told.before else None


Menus = dict[str, list[dict[str, Any]]]
