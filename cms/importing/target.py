"""Where an import writes, and what it reports back."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from cms.media.models import ShopImage
from cms.pages.models import CategoryPage, SellerPage

from .pictures import PictureSource
from .types import Problem


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where products go, and what happens to complete pages."""

    seller_id: int
    page: SellerPage
    collection_id: int
    location_id: int
    categories: Mapping[int, CategoryPage]
    currency: str
    pictures: PictureSource
    ending: str
    words_wait: bool
    """Whether a moderator reads what live products say before shoppers do."""
    encoder: Executor
    index: Callable[[Iterable[ShopImage]], None]
    user: Any = None


@dataclass(kw_only=True)
class Applied:
    product_id: int
    page_id: int
    problems: list[Problem] = field(default_factory=list)
    proposed: dict[str, Any] = field(default_factory=dict)
    """Words of the product that go live with the page's next version."""
    page_was_left: bool = False
    """Something kept the page from following the file."""
