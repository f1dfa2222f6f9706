"""What crosses the border of inventory."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

DENY, BACKORDER, PREORDER = "deny", "backorder", "preorder"
UNSAID = -1
"""A threshold that a row does not speak of; None is no threshold."""
GRACE = timedelta(days=7)
"""How long a due count may wait until it is overdue."""


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
class Kept:
    """What a cart or its checkout holds of a variant."""

    units: int
    """Those that lapsed and went to nobody yet are still its own."""
    there: int
    """How many of them can leave at once."""
    until: datetime
    lives: bool = True
    """Whether that is still to come."""


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
    low_here: int | None = None


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
    id: int = 0


@dataclass(frozen=True, kw_only=True)
class StockWrite:
    """One row of a bulk change: a count (`on_hand`), a difference (`delta`) or neither.

    `version` and `if_on_hand` say what the writer saw; without them a count is
    written whatever is there. Without a location the seller's first one is meant.
    `low_here` is the location's threshold, None for none; `if_low_here` what was seen of it.
    """

    sku: str
    location: str = ""
    on_hand: int | None = None
    delta: int | None = None
    kind: str = "adjusted"
    version: int | None = None
    if_on_hand: int | None = None
    low_here: int | None = UNSAID
    if_low_here: int | None = UNSAID

    @property
    def counts(self) -> bool:
        return self.on_hand is not None or self.delta is not None


@dataclass(frozen=True, kw_only=True)
class RowAnswer:
    """What became of a row, and what is there now."""

    sku: str
    outcome: str
    on_hand: int | None = None
    promised: int = 0
    version: int | None = None
    low_here: int | None = None

    @property
    def is_done(self) -> bool:
        return self.outcome in ("set", "adjusted", "carried", "unchanged")

    def as_dict(self) -> dict[str, object]:
        return {
            "sku": self.sku,
            "outcome": self.outcome,
            "on_hand": self.on_hand,
            "version": self.version,
            "threshold": self.low_here,
        }


@dataclass(frozen=True, kw_only=True)
class ConflictData:
    """A count that was written over a change, or refused because of one."""

    variant_id: int
    location_id: int
    source: str
    seen: int | None
    wanted: int
    found: int
    outcome: str
    actor: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CountRow:
    """A SKU on a count sheet: what should lie there now and what was found."""

    stock_id: int
    variant_id: int
    expected: int
    counted: int | None

    @property
    def difference(self) -> int | None:
        return None if self.counted is None else self.counted - self.expected


@dataclass(frozen=True, kw_only=True)
class AccuracyData:
    """How far the records of a seller agree with what lay on the shelves."""

    skus: int
    expected: int
    wrong: int
    """Units too many or too few."""
    accuracy: int
    """Ten-thousandths of the expected units that were found as recorded."""
    floor: int

    @property
    def is_low(self) -> bool:
        return self.accuracy < self.floor

    @property
    def text(self) -> str:
        return f"{self.accuracy / 100:.2f} %"

    @property
    def floor_text(self) -> str:
        return f"{self.floor / 100:g} %"


@dataclass(frozen=True, kw_only=True)
class CountData:
    id: int
    location_id: int
    location_name: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    accuracy: int | None
    """Ten-thousandths of the expected units that were found as recorded."""
    lines: int = 0
    asked: int | None = None
    """How many SKUs are on it; None stands for all of the location."""
    complete: bool = True

    @property
    def accuracy_text(self) -> str:
        return "" if self.accuracy is None else f"{self.accuracy / 100:.2f} %"


@dataclass(frozen=True, kw_only=True)
class CountPlan:
    """When a location is counted next by its schedule; `now` is the database's."""

    location_id: int
    seller_id: int
    location_name: str
    every: int
    """Days from one count to the next."""
    at_once: int | None
    """How many SKUs each time; None stands for all."""
    last: datetime | None
    due_at: datetime
    now: datetime
    sheet_id: int | None
    """The count that is open."""

    @property
    def is_due(self) -> bool:
        return self.due_at <= self.now

    @property
    def is_overdue(self) -> bool:
        return self.due_at + GRACE <= self.now

    @property
    def days_late(self) -> int:
        return max((self.now - self.due_at).days, 0)
