"""What crosses the border of the cart."""

from dataclasses import dataclass
from datetime import date, datetime

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
    """Until when this cart holds the units; None when carts hold nothing of the SKU."""


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

    @property
    def is_orderable(self) -> bool:
        return bool(self.lines) and all(line.problem is None for line in self.lines)
