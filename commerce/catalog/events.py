"""What the catalog reports."""

from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class ListingPublished(Fact):
    name: ClassVar[str] = "catalog.listing-published.v1"
    product_id: int
    locale: str


@dataclass(frozen=True, kw_only=True)
class ListingWithdrawn(Fact):
    name: ClassVar[str] = "catalog.listing-withdrawn.v1"
    product_id: int
    locale: str


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Fact):
    """Name, brand, options, specifications or variants changed, or it was restored."""

    name: ClassVar[str] = "catalog.product-changed.v1"
    product_id: int


@dataclass(frozen=True, kw_only=True)
class ProductArchived(Fact):
    name: ClassVar[str] = "catalog.product-archived.v1"
    product_id: int
