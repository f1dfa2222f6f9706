from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from commerce.kernel.money import Money
from commerce.payments.types import RefundWay

from .moves import APPEAL_WITHIN

Units = Mapping[int, int]
"""How many of which order line."""


@dataclass(frozen=True, kw_only=True)
class CaseLineData:
    id: int
    order_line_id: int
    title: str
    options: list[Any]
    sku: str
    image: dict[str, Any]
    variant_id: int
    quantity: int
    condition: str
    accepted_quantity: int
    put_back_quantity: int
    replacement_id: int | None
    replacement: str
    """What is sent instead, in words."""


@dataclass(frozen=True, kw_only=True)
class CaseEventData:
    from_state: str
    to_state: str
    actor: str
    cause: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseData:
    """One wish of a shopper about units of one seller's part, and what became of it."""

    id: int
    token: str
    number: str
    kind: str
    basis: str
    remedy: str
    state: str
    reason: str
    reason_label: str
    note: str
    refund_to: str
    seller_id: int
    seller_order_id: int
    part_number: str
    order_id: int
    order_token: str
    order_number: str
    email: str
    asked_by: str
    answer: str
    appeal: str
    """What the shopper told the marketplace after a refusal."""
    return_to: str
    tracking_number: str
    replacement_tracking: str
    replaced_at: datetime | None
    withheld: Money
    refund: Money | None
    """What went back, once it did."""
    adjustment_id: int | None
    returned_before_bps: int
    is_suspect: bool
    due_at: datetime | None
    created_at: datetime
    lines: tuple[CaseLineData, ...]
    events: tuple[CaseEventData, ...]
    picture_ids: tuple[int, ...]

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        waiting = self.remedy == "exchange" and self.state == "exchanged" and not self.replaced_at
        return waiting or self.state in (
            "requested", "escalated", "approved", "sent", "received", "inspected",
        )  # fmt: skip

    @property
    def stage(self) -> str:
        """How far it is; of an escalated one, how far it had come before."""
        return self.events[-1].from_state if self.state == "escalated" else self.state

    @property
    def came_back(self) -> bool:
        """Whether the seller ever had the goods of a return in hand."""
        return any(event.to_state == "received" for event in self.events)

    @property
    def has_lapsed(self) -> bool:
        """Whether it is over because nothing was sent back in time."""
        return self.state == "closed" and self.events[-1].actor == "rule"

    @property
    def appeal_until(self) -> datetime | None:
        """Until when the shopper may ask the marketplace about a seller's no."""
        asked = any(event.to_state == "escalated" for event in self.events)
        if self.kind == "cancel" or self.state not in ("refused", "declined") or asked:
            return None
        return self.events[-1].at + APPEAL_WITHIN

    @property
    def units(self) -> dict[int, int]:
        return {line.order_line_id: line.quantity for line in self.lines}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a shopper asks for: which units, why, and what instead."""

    units: Units
    reason: str = "other"
    note: str = ""
    remedy: Literal["refund", "exchange"] = "refund"
    refund_to: RefundWay = "method"
    replacements: Mapping[int, int] = field(default_factory=dict)
    """The variant wanted instead, by order line; without, the same again."""
    pictures: Sequence[bytes] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How the units of a line were found when they came back."""

    condition: str
    accepted: int
    put_back: int


@dataclass(frozen=True, kw_only=True)
class LineChoice:
    """How many units of a line may be chosen for something, and why not more."""

    order_line_id: int
    title: str
    options: list[Any]
    image: dict[str, Any]
    most: int
    why_not: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PartChoices:
    """What a shopper may still do about one seller's part."""

    seller_order_id: int
    number: str
    seller_id: int
    cancel: tuple[LineChoice, ...]
    cancels_at_once: bool
    returns: tuple[LineChoice, ...]
    claims: tuple[LineChoice, ...]
    withdraws: tuple[LineChoice, ...]
    shopper_pays_labels: bool = False
    """Of a line it was agreed so, for when it comes back without a fault."""


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """Something that happened to an order: what, who, why, when."""

    at: datetime
    what: str
    part: str
    actor: str
    cause: str
    amount: Money | None = None
    """The money that it moved."""


@dataclass(frozen=True, kw_only=True)
class WithdrawalData:
    """A declaration of withdrawal as it was made."""

    id: int
    order_token: str
    order_number: str
    name: str
    email: str
    statement: str
    declared_at: datetime
