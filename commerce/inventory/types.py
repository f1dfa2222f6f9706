"""What crosses the border of inventory."""

from dataclasses import dataclass
from datetime import date, datetime

DENY, BACKORDER, PREORDER = "deny", "backorder", "preorder"


@dataclass(frozen=True, kw_only=True)
class StockInput:
    """A count of one variant at one location, as a person or a file states it."""

    variant_id: int
    location_id: int
    on_hand: int


@dataclass(frozen=True, kw_only=True)
class Availability:
    """A variant's stock over all locations."""

    on_hand: int
    reserved: int
    available: int
    """What can still be promised, ahead of its arrival too where the SKU allows it."""
    low_at: int
    in_stock: int = 0
    """What can be promised of units that are there."""
    kind: str = DENY
    expected_on: date | None = None
    """When units that are sold ahead arrive; None when nothing is sold ahead."""
    cart_hold_minutes: int = 0

    @property
    def is_low(self) -> bool:
        return 0 < self.in_stock <= self.low_at


@dataclass(frozen=True, kw_only=True)
class PolicyData:
    """How a SKU is sold when it runs short, and how fairly."""

    kind: str = DENY
    backorder_limit: int = 0
    expected_on: date | None = None
    cart_hold_minutes: int = 0
    shopper_cap: int | None = None
    by_unit: bool = False
    low_at: int = 5


@dataclass(frozen=True, kw_only=True)
class StockLevel:
    """One row of the stock grid. Below zero, `on_hand` says how many are owed to backorders."""

    variant_id: int
    location_id: int
    on_hand: int
    reserved: int
    low_at: int
    version: int = 0
    missing: int = 0
    backorder_limit: int = 0


@dataclass(frozen=True, kw_only=True)
class LocationData:
    id: int
    seller_id: int
    name: str
    country: str
    priority: int = 100


@dataclass(frozen=True, kw_only=True)
class AllocationData:
    """Units of an order that leave from a location; `open` of them are still there."""

    holder: str
    variant_id: int
    location_id: int
    location_name: str
    quantity: int
    departed: int

    @property
    def open(self) -> int:
        return self.quantity - self.departed


@dataclass(frozen=True, kw_only=True)
class Unfulfillable:
    """Open units of a paid order which, after a count, are not where they should leave from."""

    holder: str
    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class HoldData:
    """Units of one variant at one location, promised to a holder."""

    variant_id: int
    location_id: int
    quantity: int
    state: str
    expires_at: datetime
    kind: str = "checkout"


@dataclass(frozen=True, kw_only=True)
class MovementData:
    variant_id: int
    location_id: int
    delta: int
    on_hand: int
    cause: str
    actor: str
    at: datetime
    kind: str = "adjusted"
    reference: str = ""
    location_name: str = ""
