"""A seller's year by month, for its books and for what tax authorities ask of marketplaces."""

from collections import defaultdict
from datetime import UTC, datetime

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders

from .statements import KINDS, SALES
from .types import IncomeMonth, IncomeYear


def income(*, seller_id: int, currency: str, year: int) -> IncomeYear:
    """Return what a seller sold, gave back, paid and was paid in each month of a year, in UTC.

    Sales are counted when the order is confirmed, all else when it was booked; both
    are read from what was frozen, so a year that is over does not change.
    """
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    booked: dict[tuple[int, str], int] = defaultdict(int)
    for month, kind, minor in ledger.totals_by_month(
        code=f"payable:{seller_id}", currency=currency, since=since, until=until
    ):
        booked[month, _heading(kind)] -= minor
    sold = orders.sales_by_month(seller_id=seller_id, currency=currency, since=since, until=until)
    months = tuple(
        IncomeMonth(
            month=datetime(year, month, 1, tzinfo=UTC),
            orders=sold[month].orders if month in sold else 0,
            sales=Money(sold[month].gross_minor if month in sold else 0, currency),
            commission=Money(sold[month].commission_minor if month in sold else 0, currency),
            tax=Money(sold[month].tax_minor if month in sold else 0, currency),
            refunds=Money(booked[month, "refund"], currency),
            fees=Money(booked[month, "fee"], currency),
            disputes=Money(booked[month, "dispute"], currency),
            corrections=Money(booked[month, "correction"], currency),
            payouts=Money(-booked[month, "payout"], currency),
        )
        for month in range(1, 13)
    )
    return IncomeYear(year=year, currency=currency, months=months)


def _heading(kind: str) -> str:
    if kind == "transfer":
        return "payout"
    heading = KINDS.get(kind, "correction") if kind not in SALES else "sale"
    return "correction" if heading == "adjustment" else heading
