"""Within how many days goods may come back: a table of rules, the most specific decides."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from commerce.catalog import queries as catalog
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData

from .models import LineTerms, Policy

DAYS = 30
LAW = timedelta(days=14)
"""How long anybody may withdraw from a contract after the goods came."""
MOST_DAYS = 365
_ALL_YEAR = Q(category_key=None, starts_on=None, exempt_because="")
SUSPECT_BPS = 5000
SUSPECT_UNITS = 8
YEAR = timedelta(days=365)


class TooFewDays(ValueError):
    """A seller gives as many days as the marketplace, or more."""

    def __init__(self, *, least: int) -> None:
        self.least = least
        super().__init__(f"Enter {least} to {MOST_DAYS} days: the marketplace gives {least}.")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for one line."""

    days: int
    exempt_because: str
    puts_back: bool
    returns_until: date | None = None
    """The last day of the season in which it was ordered."""
    label_payer: str = Policy.LabelPayer.SELLER
    """Who pays the label for what comes back without a fault."""


def rules_for(parts: Iterable[SellerOrderData]) -> dict[int, Rules]:
    """Return what was agreed for each line of the parts, in one statement.

    What was confirmed before agreements were kept, or this instant, is looked up in
    the policies of the day it was ordered, in four more; no shopper pays a label for it.
    """
    parts = list(parts)
    ids = [line.id for part in parts for line in part.lines]
    found = {
        row.order_line_id: Rules(
            days=row.days,
            exempt_because=row.exempt_because,
            puts_back=row.puts_back,
            returns_until=row.returns_until,
            label_payer=row.label_payer,
        )
        for row in LineTerms.objects.filter(order_line__in=ids)
    }
    if len(found) < len(ids):
        not_agreed = {
            line_id: replace(rules, label_payer=Policy.LabelPayer.SELLER)
            for line_id, rules in _looked_up(parts).items()
        }
        found = {**not_agreed, **found}
    return found


@transaction.atomic
def agree(*, order_id: int) -> None:
    """Keep what holds for each line of an order now; repeating it changes nothing."""
    parts = orders.seller_orders_of(order_ids=[order_id]).get(order_id, [])
    LineTerms.objects.bulk_create(
        (LineTerms(order_line_id=line_id, **vars(rules)) for line_id, rules in
         sorted(_looked_up(parts).items())),
        ignore_conflicts=True,
    )  # fmt: skip


def window_of(*, product_id: int, seller_id: int) -> Rules:
    """Return what holds for a product that is ordered today, in two statements."""
    listing = catalog.listings(product_ids=[product_id]).get(product_id)
    categories = {str(key) for key in listing.category_keys} if listing else set()
    return _decide(_policies({seller_id}), seller_id, clock.now().date(), categories)


def own_days(*, seller_id: int) -> int | None:
    """Return how many days a seller gives for everything; None when it set none itself."""
    row = _own_window(seller_id).first()
    return row.days if row else None


def shop_days() -> int:
    """Return how many days the marketplace gives for everything, all year."""
    rows = Policy.objects.filter(_ALL_YEAR, seller=None, is_active=True)
    return max(rows.values_list("days", flat=True), default=DAYS)


@unconfined()
@transaction.atomic
def set_own_days(*, seller_id: int, days: int | None) -> None:
    """Give a seller's shoppers more days than the marketplace does; None gives as many.

    What is ordered from now on can go back so long. Raises TooFewDays.
    """
    least = shop_days()
    if days is not None and not least <= days <= MOST_DAYS:
        raise TooFewDays(least=least)
    rows = _own_window(seller_id)
    if days is None:
        rows.update(is_active=False)
    elif not rows.update(days=days):
        Policy.objects.create(name=f"Days of seller {seller_id}", seller_id=seller_id, days=days)


def _own_window(seller_id: int) -> QuerySet[Policy]:
    return Policy.objects.filter(_ALL_YEAR, seller=seller_id, is_active=True).order_by("-days")


def _policies(seller_ids: set[int]) -> list[Policy]:
    return list(Policy.objects.filter(Q(seller=None) | Q(seller__in=seller_ids), is_active=True))


def _looked_up(parts: list[SellerOrderData]) -> dict[int, Rules]:
    lines = [(part, line) for part in parts for line in part.lines]
    variants = catalog.variants(variant_ids=[line.variant_id for _, line in lines])
    products = {variant.product_id for variant in variants.values()}
    listings = catalog.listings(product_ids=products)
    rows = _policies({part.seller_id for part in parts})
    found = {}
    for part, line in lines:
        variant = variants.get(line.variant_id)
        listing = listings.get(variant.product_id) if variant else None
        categories = {str(key) for key in listing.category_keys} if listing else set()
        found[line.id] = _decide(rows, part.seller_id, part.placed_at.date(), categories)
    return found


def _decide(rows: list[Policy], seller_id: int, day: date, categories: set[str]) -> Rules:
    matching = [
        row
        for row in rows
        if row.seller_id in (None, seller_id)
        and (row.category_key is None or str(row.category_key) in categories)
        and (row.starts_on is None or row.ends_on is None or row.starts_on <= day <= row.ends_on)
    ]
    if not matching:
        return Rules(days=DAYS, exempt_because="", puts_back=True)
    matching.sort(
        key=lambda row: (
            row.seller_id is not None,
            row.category_key is not None,
            row.starts_on is not None,
            row.days,
        ),
        reverse=True,
    )
    best = matching[0]
    return Rules(
        days=best.days,
        exempt_because=best.exempt_because,
        puts_back=best.puts_back,
        returns_until=max(
            (row.returns_until for row in matching if row.returns_until), default=None
        ),
        label_payer=next(
            (row.label_payer for row in matching if row.label_payer), Policy.LabelPayer.SELLER
        ),
    )


def until(part: SellerOrderData, rules: Rules) -> datetime | None:
    """Return until when goods of a part may be sent back; None before they have come."""
    if part.delivered_at is None:
        return None
    end = part.delivered_at + timedelta(days=rules.days)
    if rules.returns_until is None:
        return end
    return max(end, datetime.combine(rules.returns_until, time.max, tzinfo=UTC))


def suspicion(*, email: str, user_id: int | None) -> tuple[int, bool]:
    """Return how much of what a shopper got in a year came back, and whether that is suspect.

    A signal for those who decide; no rule refuses anybody for it.
    """
    got, back = orders.units_of_shopper(email=email, user_id=user_id, since=clock.now() - YEAR)
    share = back * 10_000 // got if got else 0
    return share, back >= SUSPECT_UNITS and share >= SUSPECT_BPS
