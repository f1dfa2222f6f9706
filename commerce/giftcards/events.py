from dataclasses import dataclass
from typing import ClassVar

from commerce.outbox.facts import Fact


@dataclass(frozen=True, kw_only=True)
class GiftCardBought(Fact):
    """A gift card was paid and made; its code is told to nobody yet."""

    name: ClassVar[str] = "giftcards.gift-card-bought.v1"
    purchase_id: int


@dataclass(frozen=True, kw_only=True)
class GiftCardReaddressed(Fact):
    """Staff had a paid gift card sent elsewhere than its buyer said."""

    name: ClassVar[str] = "giftcards.gift-card-readdressed.v1"
    purchase_id: int
    masked: str
    """The new address as far as its buyer may read it."""
    at: str


@dataclass(frozen=True, kw_only=True)
class GiftCardDue(Fact):
    """A gift card's code is to be mailed to its recipient, for the first time or again."""

    name: ClassVar[str] = "giftcards.gift-card-due.v1"
    purchase_id: int
    delivery: int
