"""What crosses the border of the cart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from commerce.inventory.types import Kept
from commerce.kernel.money import Money
from commerce.offers.types import Offer


@dataclass(frozen=True, kw_only=True)
class CartLine:
    id: int
    variant_id: int
    quantity: int
    offer: Offer
    total: Money
    problem: str | None
    """Why this line cannot be ordered as it stands, in words for the shopper."""
    promised_by: date | None = None
    """When the units are expected that are not there yet."""
    held_until: datetime | None = None
    """Until when this cart, or its checkout, holds units; None when it holds none."""
    held: int = 0
    """How many it holds."""


@dataclass(frozen=True, kw_only=True)
class CartData:
    id: int
    token: str
    currency: str
    lines: list[CartLine]
    """In the order they were added."""
    count: int
    """Units, not lines."""
    goods: Money
    """What the lines cost that can be sold now, net of tax."""
    user_id: int | None = None
    codes: tuple[str, ...] = ()
    """Promotion codes as they were entered."""
    kept: Mapping[int, Kept] = field(default_factory=dict)
    """What the cart's checkout holds by variant, or held until it lapsed a while ago."""

    @property
    def kept_until(self) -> datetime | None:
        """Until when all of it is held; None when some of it is not."""
        if not self.lines or any(line.held < line.quantity for line in self.lines):
            return None
        return min(line.held_until for line in self.lines if line.held_until)

    @property
    def has_lapsed(self) -> bool:
        """The checkout held it for as long as it may, and no longer does."""
        return bool(self.kept) and not any(one.lives for one in self.kept.values())

    @property
    def is_orderable(self) -> bool:
        return bool(self.lines) and all(line.problem is None for line in self.lines)
