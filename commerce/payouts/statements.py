"""A seller's statement: the ledger's entries, told in the words of orders and payouts."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.ledger.types import EntryData
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData

from .models import Earning
from .types import LineKind, Statement, StatementLine

# Kinds of journals that pay sellers for orders; their memo is the order's number.
SALES = ("capture", "paid by credit")
# What a journal's kind is called on a statement.
KINDS: dict[str, LineKind] = {
    "adjustment": "refund",
    "subscription": "fee",
    "featured": "fee",
    "label": "fee",
    "label-void": "fee",
    "dispute": "dispute",
    "dispute_fee": "fee",
    "correction": "correction",
}


def build(*, seller_id: int, currency: str, since: datetime, until: datetime) -> Statement:
    """Read the entries of a period and name them; what is not recognized is an adjustment."""
    code = f"payable:{seller_id}"
    opening = Money(-ledger.balance_before(code=code, currency=currency, moment=since), currency)
    entries = ledger.entries_of(code=code, currency=currency, since=since, until=until)
    balance = opening
    lines = []
    for line in sorted(_lines(seller_id, currency, entries), key=lambda line: line.at):
        balance += line.amount
        lines.append(replace(line, balance=balance))
    return Statement(
        seller_id=seller_id,
        currency=currency,
        since=since,
        until=until,
        opening=opening,
        closing=balance,
        lines=tuple(lines),
    )


def _lines(seller_id: int, currency: str, entries: list[EntryData]) -> list[StatementLine]:
    sold, periods = _sales(seller_id, entries), _payouts(entries)
    transfers: dict[str, list[EntryData]] = defaultdict(list)
    lines = []
    for entry in entries:
        amount = Money(-entry.amount_minor, currency)
        part = sold.get(entry.business_key)
        if part is not None and part.earning == amount:
            lines.append(_sale(entry.at, part))
        elif entry.business_key in periods:
            transfers[periods[entry.business_key]].append(entry)
        elif entry.kind in SALES:  # old keys hold the order's, which is its shopper's alone
            lines.append(_plain(entry.at, "sale", entry.memo, entry.kind, amount))
        else:
            kind = KINDS.get(entry.kind, "adjustment")
            lines.append(_plain(entry.at, kind, entry.business_key, entry.memo, amount))
    for period, sent in transfers.items():
        amount = Money(-sum(entry.amount_minor for entry in sent), currency)
        count = "1 order" if len(sent) == 1 else f"{len(sent)} orders"
        at = max(entry.at for entry in sent)
        lines.append(_plain(at, "payout", f"Payout {period}", count, amount))
    return lines


def _sales(seller_id: int, entries: list[EntryData]) -> dict[str, SellerOrderData]:
    """Return the seller's part of each order whose money was booked, by business key."""
    numbers = {entry.business_key: entry.memo for entry in entries if entry.kind in SALES}
    parts = orders.parts_of_seller(seller_id=seller_id, numbers=numbers.values())
    return {key: parts[number] for key, number in numbers.items() if number in parts}


def _payouts(entries: list[EntryData]) -> dict[str, str]:
    """Return the period of the payout each transfer was part of, by business key."""
    ids = [
        int(entry.business_key.partition(":")[2]) for entry in entries if entry.kind == "transfer"
    ]
    rows = Earning.objects.filter(pk__in=ids).values_list("pk", "payout__period")
    return {f"transfer:{pk}": str(period) for pk, period in rows}


def _sale(at: datetime, part: SellerOrderData) -> StatementLine:
    shipping = part.shipping - part.shipping_discount
    return StatementLine(
        at=at,
        kind="sale",
        reference=part.number,
        memo=", ".join(
            line.title if line.quantity == 1 else f"{line.quantity} × {line.title}"
            for line in part.lines
        )
        + _taken_off(part),
        goods=part.earning + part.commission - shipping,
        shipping=shipping,
        commission=-part.commission,
        tax=part.tax,
        amount=part.earning,
        balance=Money.zero(part.goods.currency),
    )


def _taken_off(part: SellerOrderData) -> str:
    """What promotions took off, and how much of it the marketplace gives back."""
    told = [f"{saving.label} −{saving.amount}" for saving in orders.savings_of([part])]
    if part.platform_discount:
        told.append(f"{part.platform_discount} of it borne by the marketplace")
    return f" ({', '.join(told)})" if told else ""


def _plain(
    at: datetime,
    kind: LineKind,
    reference: str,
    memo: str,
    amount: Money,
) -> StatementLine:
    zero = Money.zero(amount.currency)
    return StatementLine(
        at=at, kind=kind, reference=reference, memo=memo, goods=zero, shipping=zero,
        commission=zero, tax=zero, amount=amount, balance=zero,
    )  # fmt: skip
