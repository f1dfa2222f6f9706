from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commerce.kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class LetterheadData:
    """A seller's address and tax numbers, as its documents show them."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    vat_id: str = ""
    tax_number: str = ""
    footer: str = ""


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who issues: a seller, or the marketplace for itself."""

    legal_name: str
    trade_name: str
    email: str
    letterhead: LetterheadData


@dataclass(frozen=True, kw_only=True)
class CreditLine:
    """What is credited of one order line; `goods_minor` is net of its discount."""

    order_line_id: int
    quantity: int
    goods_minor: int
    tax_minor: int = 0
    included_tax_minor: int = 0


@dataclass(frozen=True, kw_only=True)
class Credit:
    """One lessening of a seller order's price, to be corrected by one credit note."""

    business_key: str
    reason: str
    lines: Sequence[CreditLine] = field(default_factory=tuple)
    shipping_minor: int = 0
    shipping_tax_minor: int = 0
    included_shipping_tax_minor: int = 0
    withheld_minor: int = 0
    advanced_minor: int = 0
    """What the shopper had of it as goodwill before."""
    """What the seller keeps of it because goods came back worn."""


@dataclass(frozen=True, kw_only=True)
class Payment:
    """How the money of an order came."""

    method: str
    credit: Money
    paid: Money


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a document will say; the number and the moment are given with it."""

    content: dict[str, Any]
    parties: dict[str, Any]
    total_minor: int
    tax_minor: int


@dataclass(frozen=True, kw_only=True)
class DocumentData:
    """A document as lists and doors need it."""

    id: int
    kind: str
    number: str
    seller_id: int | None
    order_id: int
    seller_order_id: int | None
    order_number: str
    part_number: str
    total: Money
    tax: Money
    issued_at: datetime
    corrects_number: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.kind]

    @property
    def filename(self) -> str:
        return f"{self.number}.pdf"


TITLES = {"receipt": "Receipt", "invoice": "Invoice", "credit_note": "Credit note"}
