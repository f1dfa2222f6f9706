"""What templates are given of the shop, its menus and its shelves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


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


Menus = dict[str, list[dict[str, Any]]]
