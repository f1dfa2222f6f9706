from dataclasses import dataclass
from datetime import datetime

from commerce.accounts.types import AddressData


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a shopper told somebody on the phone."""

    email: str
    address: AddressData
    lines: dict[str, int]
    """How many of which SKU."""
    code: str = ""
    """A promotion code, when something is taken off."""
    note: str = ""
    days: int = 7
    currency: str = ""
    """What it is priced and paid in; "" for the base currency."""


@dataclass(frozen=True, kw_only=True)
class DraftData:
    id: int
    token: str
    cart_token: str
    seller_id: int | None
    email: str
    note: str
    currency: str
    state: str
    """offered, paid, withdrawn or expired"""
    adds_to: str
    order_token: str
    order_number: str
    expires_at: datetime
    created_at: datetime
