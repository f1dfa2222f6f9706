from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from commerce.kernel.money import Money
from commerce.kernel.spreadsheet import Cell

LineKind = Literal["sale", "payout", "refund", "fee", "dispute", "correction", "adjustment"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """When and how much a seller is paid."""

    schedule: str
    minimum_minor: int
    hold_days: int
    reserve_bps: int
    reserve_days: int
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class PayoutData:
    """What a seller is, or was, sent at once."""

    id: int
    seller_id: int
    period: str
    amount: Money
    state: str
    orders: int
    created_at: datetime
    sent_at: datetime | None
    arrived_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, kw_only=True)
class EarningData:
    """A seller's share of one seller order."""

    id: int
    seller_id: int
    seller_order_id: int
    amount: Money
    net: Money
    """What is left of it after deductions and reserve."""
    available_at: datetime | None
    """When it may be paid out; None until the parcel is delivered."""
    is_held: bool
    """Delivered, and kept back until `available_at`."""
    payout_id: int | None
    is_transferred: bool


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """One movement on a seller's account; tax is shown only, the marketplace remits it."""

    at: datetime
    kind: LineKind
    reference: str
    memo: str
    goods: Money
    shipping: Money
    commission: Money
    tax: Money
    amount: Money
    balance: Money


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A seller's account between two moments. Opening plus lines is closing, to the cent."""

    seller_id: int
    currency: str
    since: datetime
    until: datetime
    opening: Money
    closing: Money
    lines: tuple[StatementLine, ...]

    def total(self, kind: str) -> Money:
        """Return the sum of the lines of one kind."""
        amounts = (line.amount for line in self.lines if line.kind == kind)
        return sum(amounts, Money.zero(self.currency))

    @property
    def sales(self) -> Money:
        return self.total("sale")

    @property
    def payouts(self) -> Money:
        return self.total("payout")

    @property
    def refunds(self) -> Money:
        return self.total("refund")

    @property
    def adjustments(self) -> Money:
        """Everything that is neither a sale nor a payout."""
        amounts = (line.amount for line in self.lines if line.kind not in ("sale", "payout"))
        return sum(amounts, Money.zero(self.currency))

    @property
    def goods(self) -> Money:
        return sum((line.goods for line in self.lines), Money.zero(self.currency))

    @property
    def shipping(self) -> Money:
        return sum((line.shipping for line in self.lines), Money.zero(self.currency))

    @property
    def commission(self) -> Money:
        return sum((line.commission for line in self.lines), Money.zero(self.currency))

    @property
    def tax(self) -> Money:
        return sum((line.tax for line in self.lines), Money.zero(self.currency))

    def rows(self) -> Iterator[list[Cell]]:
        """Return the statement as rows of a table, headings first; cells are not escaped yet."""
        yield [
            "Date", "Kind", "Reference", "Note", "Currency", "Goods", "Shipping", "Commission",
            "Tax kept by marketplace", "Amount", "Balance",
        ]  # fmt: skip
        yield self._balance_row("Opening balance", self.since, self.opening)
        for line in self.lines:
            yield [
                line.at.isoformat(timespec="seconds"), line.kind, line.reference, line.memo,
                self.currency, line.goods.decimal, line.shipping.decimal,
                line.commission.decimal, line.tax.decimal, line.amount.decimal,
                line.balance.decimal,
            ]  # fmt: skip
        yield self._balance_row("Closing balance", self.until, self.closing)

    def _balance_row(self, name: str, at: datetime, balance: Money) -> list[Cell]:
        return [
            at.isoformat(timespec="seconds"), name, "", "", self.currency,
            "", "", "", "", "", balance.decimal,
        ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Where a seller's money is now."""

    seller_id: int
    owed: Money
    pending: Money
    reserved: Money
    available: Money
    deductions: Money
    """What is still to be taken from coming earnings."""
    under_way: Money
    sent: Money
    hold: str
    last: PayoutData | None


@dataclass(frozen=True, kw_only=True)
class IncomeMonth:
    """A month of a seller; what lessens its money is negative."""

    month: datetime
    orders: int
    sales: Money
    """Goods and shipping without tax, before commission."""
    commission: Money
    tax: Money
    """Collected from shoppers and remitted by the marketplace."""
    refunds: Money
    fees: Money
    disputes: Money
    corrections: Money
    payouts: Money

    @property
    def income(self) -> Money:
        """What was left for the seller, whether paid out yet or not."""
        parts = (self.refunds, self.fees, self.disputes, self.corrections)
        return sum(parts, self.sales - self.commission)


AMOUNTS = (
    "sales", "commission", "refunds", "fees", "disputes", "corrections", "income", "payouts", "tax",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class IncomeYear:
    year: int
    currency: str
    months: tuple[IncomeMonth, ...]

    @property
    def orders(self) -> int:
        return sum(month.orders for month in self.months)

    @property
    def totals(self) -> dict[str, Money]:
        return {
            name: sum((getattr(month, name) for month in self.months), Money.zero(self.currency))
            for name in AMOUNTS
        }

    def rows(self) -> Iterator[list[Cell]]:
        """Return the year as rows of a table, headings first; cells are not escaped yet."""
        yield ["Month", "Orders", "Currency", *(name.capitalize() for name in AMOUNTS)]
        for month in self.months:
            yield [
                f"{month.month:%Y-%m}", month.orders, self.currency,
                *(getattr(month, name).decimal for name in AMOUNTS),
            ]  # fmt: skip
        totals = self.totals
        yield [
            str(self.year), self.orders, self.currency, *(totals[name].decimal for name in AMOUNTS),
        ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FeaturedOfferData:
    """What a day of featured placement costs, and how many products have a place on it."""

    daily: Money
    places: int


@dataclass(frozen=True, kw_only=True)
class FeaturedRun:
    """Days of featured placement that were booked together."""

    product: str
    first_day: date
    last_day: date
