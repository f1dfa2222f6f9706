"""What crosses the border of inventory."""

from dataclasses import dataclass
from datetime import datetime


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
    low_at: int

    @property
    def is_low(self) -> bool:
        return 0 < self.available <= self.low_at


@dataclass(frozen=True, kw_only=True)
class StockLevel:
    """One row of the stock grid."""

    variant_id: int
    location_id: int
    on_hand: int
    reserved: int
    low_at: int


@dataclass(frozen=True, kw_only=True)
class LocationData:
    id: int
    seller_id: int
    name: str
    country: str


@dataclass(frozen=True, kw_only=True)
class HoldData:
    """Units of one variant at one location, promised to a holder."""

    variant_id: int
    location_id: int
    quantity: int
    state: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class MovementData:
    variant_id: int
    location_id: int
    delta: int
    on_hand: int
    cause: str
    actor: str
    at: datetime
