"""What crosses the border of pricing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from commerce.kernel.money import Money

from .announcing import Announced, Standing
from .choosing import Tier, tier_at
from .discounts import Cut, Funder, Idle, Kind, Promotion
from .quote import (
    STANDARD,
    Quote,
    QuotedLine,
    QuotedSeller,
    QuoteLine,
    Saving,
    Step,
    TaxRateData,
    TaxRow,
)
from .reducing import Reduced

__all__ = [
    "STANDARD",
    "Announced",
    "CartQuote",
    "CodeState",
    "CodeStatus",
    "Customer",
    "Cut",
    "Destination",
    "Funder",
    "Idle",
    "Kind",
    "PriceData",
    "PriceInput",
    "Promotion",
    "PromotionInput",
    "Quote",
    "QuoteLine",
    "QuotedLine",
    "QuotedSeller",
    "Reduced",
    "Saving",
    "Standing",
    "Step",
    "TaxRateData",
    "TaxRow",
    "Tier",
    "Use",
    "VatCheckData",
    "tier_at",
]

CodeStatus = (
    Literal[
        "applied", "unknown", "early", "ended", "used-up", "used-by-you", "not-for-you",
        "currency", "one-only",
    ]
    | Idle
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PriceInput:
    variant_id: int
    currency: str
    amount_minor: int
    compare_at_minor: int | None = None


@dataclass(frozen=True, kw_only=True)
class PriceData:
    amount: Money
    """What one costs now, when one is bought."""
    compare_at: Money | None
    """What it cost before; shown struck through, always higher than the amount."""
    base: Money | None = None
    """What the seller set, lists aside."""
    tiers: tuple[Tier, ...] = ()
    """What one costs by how many are bought; the first is for one."""
    lowest_before: Money | None = None
    """The lowest price of the thirty days before a reduction, while there is one."""
    ordinary: Money | None = None
    """What one costs a stranger, where the amount is of a list for the shopper's group."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where the goods go, as far as tax asks. Nothing is known of a cart without an address."""

    country: str = ""
    region: str = ""
    postal_code: str = ""
    name: str = ""
    """What a store is called where it explains a tax."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Who buys, as far as promotions ask; nothing of it is known of a stranger."""

    user_id: int | None = None
    email: str = ""
    is_first_order: bool = True


@dataclass(frozen=True, kw_only=True)
class CodeState:
    """What became of a code that was entered."""

    code: str
    status: CodeStatus
    label: str = ""
    message: str = ""
    """Why it is not applied and what to do, in words for the shopper."""

    @property
    def is_applied(self) -> bool:
        return self.status == "applied"


@dataclass(frozen=True, kw_only=True)
class Use:
    """A promotion that an order uses, to be claimed when it is placed."""

    promotion_id: int
    label: str
    code: str
    amount_minor: int


@dataclass(frozen=True, kw_only=True)
class CartQuote:
    """A quote with what became of the codes, and the uses that placing it would claim."""

    quote: Quote
    codes: tuple[CodeState, ...] = ()
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PromotionInput:
    """A promotion as its author describes it; `seller_id` is the seller that gives and bears it."""

    label: str
    kind: Kind
    seller_id: int | None = None
    code: str = ""
    percent_bps: int = 0
    amount_minor: int = 0
    currency: str = ""
    buy: int = 0
    get: int = 0
    least_minor: int = 0
    first_order: bool = False
    seller_ids: tuple[int, ...] = ()
    product_ids: tuple[int, ...] = ()
    category_keys: tuple[UUID, ...] = ()
    group_ids: tuple[int, ...] = ()
    starts_at: datetime | None = None
    """None starts it now."""
    ends_at: datetime | None = None
    is_active: bool = True
    max_uses: int | None = None
    max_per_customer: int | None = None
    priority: int = 0
    stackable: bool = False


@dataclass(frozen=True, kw_only=True)
class VatCheckData:
    """What the register of VAT numbers said of one."""

    is_valid: bool
    consultation: str
    """The register's number of its answer."""
    at: datetime
