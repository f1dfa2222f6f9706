"""Within how many days goods may come back: a table of rules, the most specific decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from commerce.catalog import queries as catalog
from commerce.kernel import clock
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData

from .models import Policy

DAYS = 30
LAW = timedelta(days=14)
"""How long anybody may withdraw from a contract after the goods came."""
SUSPECT_BPS = 5000
SUSPECT_UNITS = 8
YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What holds for one line."""

    days: int
    exempt_because: str
    puts_back: bool


def rules_for(parts: Iterable[SellerOrderData]) -> dict[int, Rules]:
    """Return what holds for each line of the parts, in four statements."""
    parts = list(parts)
    lines = [(part, line) for part in parts for line in part.lines]
    variants = catalog.variants(variant_ids=[line.variant_id for _, line in lines])
    products = {variant.product_id for variant in variants.values()}
    listings = catalog.listings(product_ids=products)
    rows = list(
        Policy.objects.filter(
            Q(seller=None) | Q(seller__in={part.seller_id for part in parts}), is_active=True
        )
    )
    found = {}
    for part, line in lines:
        variant = variants.get(line.variant_id)
        listing = listings.get(variant.product_id) if variant else None
        categories = set(listing.category_keys) if listing else set()
        found[line.id] = _decide(rows, part, {str(key) for key in categories})
    return found


def _decide(rows: list[Policy], part: SellerOrderData, categories: set[str]) -> Rules:
    day = part.placed_at.date()
    matching = [
        row
        for row in rows
        if row.seller_id in (None, part.seller_id)
        and (row.category_key is None or str(row.category_key) in categories)
        and (row.starts_on is None or row.ends_on is None or row.starts_on <= day <= row.ends_on)
    ]
    if not matching:
        return Rules(days=DAYS, exempt_because="", puts_back=True)
    best = max(
        matching,
        key=lambda row: (
            row.seller_id is not None,
            row.category_key is not None,
            row.starts_on is not None,
            row.days,
        ),
    )
    return Rules(days=best.days, exempt_because=best.exempt_because, puts_back=best.puts_back)


def until(part: SellerOrderData, rules: Rules) -> datetime | None:
    """Return until when goods of a part may be sent back; None before they have come."""
    return part.delivered_at + timedelta(days=rules.days) if part.delivered_at else None


def suspicion(*, email: str, user_id: int | None) -> tuple[int, bool]:
    """Return how much of what a shopper got in a year came back, and whether that is suspect.

    A signal for those who decide; no rule refuses anybody for it.
    """
    got, back = orders.units_of_shopper(email=email, user_id=user_id, since=clock.now() - YEAR)
    share = back * 10_000 // got if got else 0
    return share, back >= SUSPECT_UNITS and share >= SUSPECT_BPS
