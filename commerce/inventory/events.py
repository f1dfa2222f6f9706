"""What inventory reports."""

from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class StockChanged(Fact):
    """These variants may have come into stock or gone out of it."""

    name: ClassVar[str] = "inventory.stock-changed.v1"
    variant_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class StockRanLow(Fact):
    """These variants of a seller fell to their low-stock threshold."""

    name: ClassVar[str] = "inventory.stock-ran-low.v1"
    seller_id: int
    variant_ids: list[int]
    notice_id: int


@dataclass(frozen=True, kw_only=True)
class ShelvesRanLow(Fact):
    """Variants of a seller fell to the threshold of a location: pairs of variant and location."""

    name: ClassVar[str] = "inventory.shelves-ran-low.v1"
    seller_id: int
    places: list[list[int]]
    notice_id: int


@dataclass(frozen=True, kw_only=True)
class StockInaccurate(Fact):
    """A count found a seller's records below the floor of agreement with the shelves."""

    name: ClassVar[str] = "inventory.stock-inaccurate.v1"
    seller_id: int
    sheet_id: int
    accuracy: int


@dataclass(frozen=True, kw_only=True)
class CountDue(Fact):
    """A location is to be counted by its schedule, or should have been a week ago."""

    name: ClassVar[str] = "inventory.count-due.v1"
    seller_id: int
    location_id: int
    notice_id: int
    overdue: bool
