from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from commerce.kernel.money import Money, share


@dataclass(frozen=True, kw_only=True)
class LineDraft:
    """What is frozen onto an order line: words, price, tax and commission of this moment."""

    variant_id: int
    title: str
    sku: str
    options: list[Any]
    image: dict[str, Any]
    path: str
    quantity: int
    unit_minor: int
    tax_minor: int
    tax_rate_bps: int
    tax_name: str
    commission_bps: int
    discount_minor: int = 0
    platform_discount_minor: int = 0
    included_tax_minor: int = 0
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    explanation: list[Any] = field(default_factory=list)
    promised_by: date | None = None

    @property
    def total_minor(self) -> int:
        return self.unit_minor * self.quantity

    @property
    def commission_minor(self) -> int:
        """Taken on what the seller sells for: discounts of the marketplace do not lessen it."""
        base = (
            self.total_minor
            - self.discount_minor
            + self.platform_discount_minor
            - self.included_tax_minor
        )
        return share(base, basis_points=self.commission_bps)


@dataclass(frozen=True, kw_only=True)
class SellerOrderDraft:
    seller_id: int
    shipping_minor: int
    shipping_tax_minor: int
    shipping_method: dict[str, Any]
    lines: list[LineDraft]
    shipping_discount_minor: int = 0
    platform_shipping_discount_minor: int = 0
    included_shipping_tax_minor: int = 0

    @property
    def goods_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        return sum(line.discount_minor for line in self.lines)

    @property
    def platform_discount_minor(self) -> int:
        return self.platform_shipping_discount_minor + sum(
            line.platform_discount_minor for line in self.lines
        )

    @property
    def included_tax_minor(self) -> int:
        return self.included_shipping_tax_minor + sum(
            line.included_tax_minor for line in self.lines
        )

    @property
    def tax_minor(self) -> int:
        return self.shipping_tax_minor + sum(line.tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return (
            self.goods_minor
            - self.discount_minor
            + self.shipping_minor
            - self.shipping_discount_minor
            + self.tax_minor
        )

    @property
    def commission_minor(self) -> int:
        return sum(line.commission_minor for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    cart_id: int
    user_id: int | None
    email: str
    currency: str
    ship_to: dict[str, Any]
    seller_orders: list[SellerOrderDraft]
    credit_minor: int = 0
    """What gift cards and store credit pay of the total."""

    @property
    def total_minor(self) -> int:
        return sum(part.total_minor for part in self.seller_orders)


@dataclass(frozen=True, kw_only=True)
class OrderRef:
    """An order without its parts."""

    id: int
    token: str
    number: str
    state: str
    cart_id: int
    user_id: int | None
    email: str
    total: Money
    credit: Money
    placed_at: datetime
    awaits_capture: bool = False
    """Confirmed on reserved money that is not taken yet."""

    @property
    def due(self) -> Money:
        """What the payment provider is asked for."""
        return self.total - self.credit


@dataclass(frozen=True)
class PartAmounts:
    """What one seller's part is worth, in minor units."""

    seller_id: int
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_discount_minor: int
    platform_discount_minor: int
    tax_minor: int
    included_tax_minor: int
    commission_minor: int
    goodwill_minor: int = 0
    """What of it the seller forgoes, though it is sold."""
    borne_minor: int = 0
    """What the marketplace forgoes in the seller's place."""

    @property
    def total_minor(self) -> int:
        """What the shopper pays for it."""
        return (
            self.goods_minor
            - self.discount_minor
            + self.shipping_minor
            - self.shipping_discount_minor
            + self.tax_minor
            - self.goodwill_minor
            - self.borne_minor
        )

    @property
    def earning_minor(self) -> int:
        """What the seller is owed: what was sold less commission; tax is not theirs.

        A discount that the marketplace bears costs the seller nothing.
        """
        return (
            self.goods_minor
            - self.discount_minor
            + self.shipping_minor
            - self.shipping_discount_minor
            + self.platform_discount_minor
            - self.included_tax_minor
            - self.commission_minor
            - self.goodwill_minor
        )


@dataclass(frozen=True, kw_only=True)
class LineData:
    id: int
    variant_id: int
    title: str
    sku: str
    options: list[Any]
    image: dict[str, Any]
    path: str
    quantity: int
    unit: Money
    total: Money
    """Quantity times unit price, before discounts."""
    discount: Money
    platform_discount: Money
    tax: Money
    included_tax: Money
    tax_rate_bps: int
    tax_name: str
    commission_bps: int
    commission: Money
    adjustments: list[dict[str, Any]]
    explanation: list[Any]
    promised_by: date | None
    shipped_quantity: int
    canceled_quantity: int
    returned_quantity: int
    lost_quantity: int = 0
    refunded_quantity: int = 0

    @property
    def paid(self) -> Money:
        """What the shopper paid for the line, with its tax."""
        return self.total - self.discount + self.tax

    @property
    def open_quantity(self) -> int:
        """How many are still to be shipped."""
        return self.quantity - self.shipped_quantity - self.canceled_quantity


@dataclass(frozen=True, kw_only=True)
class SellerOrderData:
    """One seller's part of an order."""

    id: int
    number: str
    seller_id: int
    state: str
    order_id: int
    order_token: str
    order_number: str
    email: str
    ship_to: dict[str, Any]
    shipping_method: dict[str, Any]
    goods: Money
    discount: Money
    shipping: Money
    shipping_discount: Money
    platform_discount: Money
    tax: Money
    shipping_tax: Money
    included_tax: Money
    total: Money
    commission: Money
    placed_at: datetime
    confirmed_at: datetime | None
    delivered_at: datetime | None
    lines: tuple[LineData, ...]
    awaits_capture: bool = False
    """Its money is reserved and not taken yet, so nothing of it may leave."""

    @property
    def stage(self) -> str:
        """Its state, or "partly-shipped" when some of it has left and some is still packed.

        Of what is not charged yet nothing is packed, whatever its seller promised.
        """
        if self.state == "processing" and self.awaits_capture:
            return "confirmed"
        if self.state == "processing" and any(line.shipped_quantity for line in self.lines):
            return "partly-shipped"
        return self.state

    @property
    def earning(self) -> Money:
        """What the seller is owed, as `PartAmounts.earning_minor` says."""
        return (
            self.goods
            - self.discount
            + self.shipping
            - self.shipping_discount
            + self.platform_discount
            - self.included_tax
            - self.commission
        )


@dataclass(frozen=True, kw_only=True)
class EventData:
    """One move, as it is shown to shopper and staff."""

    seller_order_id: int | None
    from_state: str
    to_state: str
    actor: str
    at: datetime
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class AddressChangeData:
    """A change of where an order goes."""

    before: dict[str, Any]
    after: dict[str, Any]
    actor: str
    cause: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderData:
    """The shopper's order with all its parts."""

    id: int
    token: str
    number: str
    state: str
    cart_id: int
    user_id: int | None
    email: str
    ship_to: dict[str, Any]
    goods: Money
    discount: Money
    shipping: Money
    shipping_discount: Money
    tax: Money
    included_tax: Money
    total: Money
    credit: Money
    placed_at: datetime
    confirmed_at: datetime | None
    seller_orders: tuple[SellerOrderData, ...]
    events: tuple[EventData, ...] = field(default=())
    awaits_capture: bool = False
    charged_at: datetime | None = None

    @property
    def due(self) -> Money:
        """What the payment provider was asked for."""
        return self.total - self.credit

    @property
    def status(self) -> str:
        """What the shopper is told, in one word, of all parts together."""
        return summary_state(self.state, [part.stage for part in self.seller_orders])

    @property
    def lines(self) -> tuple[LineData, ...]:
        return tuple(line for part in self.seller_orders for line in part.lines)


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """A row in a list of orders."""

    token: str
    number: str
    status: str
    total: Money
    placed_at: datetime
    items: int
    titles: tuple[str, ...]
    images: tuple[dict[str, Any], ...]


def summary_state(state: str, parts: list[str]) -> str:
    """Fold the states of the sellers' parts into one word.

    Pending and canceled are the order's own. Otherwise the slowest living part
    decides, except that some parts shipped while others are not is
    "partly-shipped".
    """
    if state != "confirmed":
        return state
    living = [part for part in parts if part != "canceled"]
    if not living:
        return "canceled"
    order = [
        "pending", "confirmed", "processing", "partly-shipped", "shipped", "delivered", "returned",
    ]  # fmt: skip
    slowest = min(living, key=order.index)
    moved = any(order.index(part) >= order.index("partly-shipped") for part in living)
    if moved and order.index(slowest) < order.index("shipped"):
        return "partly-shipped"
    return slowest


@dataclass(frozen=True, kw_only=True)
class AdjustmentLineData:
    """Units of a line that were given back."""

    order_line_id: int
    quantity: int
    goods: Money
    tax: Money
    included_tax: Money


@dataclass(frozen=True, kw_only=True)
class AdjustmentData:
    """Money of a seller's part that goes back to the shopper, and who bears it."""

    id: int
    seller_order_id: int
    kind: str
    business_key: str
    reason: str
    actor: str
    paid_to: str
    with_shipping: bool
    goods: Money
    shipping: Money
    tax: Money
    included_tax: Money
    commission: Money
    platform: Money
    goodwill: Money
    withheld: Money
    borne: Money
    advanced: Money
    """What the shopper had of it as goodwill before."""
    recovered: Money
    """What of that the marketplace had borne."""
    refund: Money
    """What the shopper gets back, with its tax."""
    seller: Money
    """What the seller's earning loses."""
    at: datetime
    lines: tuple[AdjustmentLineData, ...]
    uncharged: bool = False
    """It was given up before the money was taken: nothing was charged, so nothing went back."""


SHOPPER_STATES = {
    "waiting": ("pending",),
    "preparing": ("confirmed", "processing"),
    "shipped": ("shipped",),
    "delivered": ("delivered",),
    "canceled": ("canceled",),
    "returned": ("returned",),
}
"""What shoppers look for, and the states of a seller's part that it stands for."""


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """Some of a shopper's orders, and how many there are."""

    orders: tuple[OrderSummary, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class MonthSales:
    """What a seller sold in a month, in minor units."""

    orders: int
    gross_minor: int
    """Goods and shipping without tax, before commission."""
    commission_minor: int
    tax_minor: int
