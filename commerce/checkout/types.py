"""What crosses the border of checkout."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from commerce.accounts.types import AddressData
from commerce.cart.types import CartData, CartLine
from commerce.credits.types import CreditUse
from commerce.fulfillment.types import ShippingOption
from commerce.kernel.money import Money
from commerce.offers.types import Offer
from commerce.pricing.types import CodeState, Quote, Use

OrderState = Literal["pending", "confirmed", "canceled", "review"]
"""Where an order stands after its payment was looked at; "review" waits for staff."""


@dataclass(frozen=True, kw_only=True)
class SellerPart:
    """One seller's share of a cart: its lines and how they can travel."""

    seller_id: int
    seller_name: str
    lines: list[CartLine]
    options: list[ShippingOption]
    chosen: ShippingOption | None
    refusal: str = ""
    """Why it cannot travel to the address and what to do, to follow the seller's name."""
    has_lost_choice: bool = False
    """A way was chosen that is no longer possible."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """Everything a shopper agrees to before paying, as it is now."""

    cart: CartData
    email: str
    address: AddressData | None
    parts: list[SellerPart]
    quote: Quote | None
    """The totals, once there is an address and a way of shipping for each seller."""
    estimate: Quote | None = None
    """The same as far as it is known: without the shipping that is not chosen yet."""
    codes: tuple[CodeState, ...] = ()
    uses: tuple[Use, ...] = ()
    """The promotions that an order would use."""
    vat_id: str = ""
    """Of a business that buys in the EU, as it was checked."""
    vat_check: Mapping[str, str] = field(default_factory=dict)
    """What the register of VAT numbers said of it."""
    verification: str = ""
    """What carriers know of the address, as fulfillment's Verification."""
    problems: list[str] = field(default_factory=list)
    """What keeps the order from being placed, in words for the shopper."""
    credit: list[CreditUse] = field(default_factory=list)
    """What gift cards and store credit pay, in the order in which they are used up."""
    store_credit: Money | None = None
    """What the signed-in shopper has, used or not."""
    uses_store_credit: bool = False

    @property
    def due(self) -> Money | None:
        """What is left to be paid at the provider."""
        if self.quote is None:
            return None
        return sum((-use.amount for use in self.credit), self.quote.total)

    @property
    def vat_id_waits(self) -> bool:
        """The register gave no answer about the VAT number, so tax is taken."""
        return bool(self.vat_id) and self.vat_check.get("state") == "unanswered"

    @property
    def needs_address(self) -> bool:
        return self.address is None or not self.email

    @property
    def needs_methods(self) -> bool:
        return any(part.chosen is None for part in self.parts)

    @property
    def can_ship(self) -> bool:
        return not self.needs_address and all(part.options for part in self.parts)

    @property
    def can_place(self) -> bool:
        return bool(self.cart.lines) and self.quote is not None and not self.problems


@dataclass(frozen=True, kw_only=True)
class Basket:
    """A cart with what it comes to as far as that is known, and what became of its codes."""

    cart: CartData
    estimate: Quote | None
    codes: tuple[CodeState, ...] = ()
    place: AddressData | None = None
    """Where tax and shipping are estimated for: the address, else a place that was named."""
    has_address: bool = False
    unreached: tuple[str, ...] = ()
    """Why what some sellers sell cannot travel there; the estimate is without its shipping."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An order was placed. Send the shopper to `payment_url` when there is one.

    Without one, `outcome` tells why: "confirmed" needs no payment (any more),
    "try-again" means that the provider is away while the order waits.
    """

    order_token: str
    payment_url: str | None
    outcome: Literal["pay", "confirmed", "try-again"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the payment of an order stands, for its shopper."""

    payment_url: str = ""
    """The open payment page."""
    is_unopened: bool = False
    """No payment page could be opened yet, so nothing can have been paid."""
    with_bank: bool = False
    """The shopper has paid; the bank takes its time."""
    may_transfer: bool = False
    """It may be a bank transfer, which the shopper has yet to make."""
    held_until: datetime | None = None
    """Until when the goods wait for the bank."""
    problem: str = ""
    """Why the last try failed and what to do."""


@dataclass(frozen=True, kw_only=True)
class Again:
    """An item of an old order, as it could be ordered today."""

    variant_id: int
    title: str
    options: tuple[str, ...]
    image: dict[str, Any]
    wanted: int
    before: Money
    """What one cost then, before discounts."""
    offer: Offer | None
    """What it is sold for today; None when it cannot be had."""
    sentence: str
    """Why it cannot be had, or not so many of it; nothing when all can."""
    others: tuple[Offer, ...]
    """Other variants of the same product that can be had in its place."""
    path: str
    """Where its page is, if it has one."""

    @property
    def costs_otherwise(self) -> bool:
        """Whether its price is another than it was."""
        return self.offer is not None and self.offer.price != self.before
