"""Writes of the read model: computed, never authoritative."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.catalog import queries as catalog
from commerce.kernel import currencies
from commerce.kernel.sql import execute

from . import statements
from .models import ONLY, Built, Card
from .projection import CardRow, rows_for

log = structlog.get_logger(__name__)

BATCH = 500
TAKEN_OVER_AFTER = timedelta(minutes=15)


def refresh(*, product_ids: Iterable[int]) -> None:
    """Bring the cards of these products up to date, in a constant number of statements per batch.

    A card whose product can no longer be shown disappears. Safe at any time and in
    any order: what it writes is read after the products were locked for refreshing.
    """
    wanted = sorted(set(product_ids))
    if not wanted:
        return
    with transaction.atomic(savepoint=False):
        execute(statements.LOCK, wanted)
        for start in range(0, len(wanted), BATCH):
            for locale, _ in settings.LANGUAGES:
                for currency in currencies.sold_in():
                    _refresh(wanted[start : start + BATCH], locale, currency)


def refresh_variants(*, variant_ids: Iterable[int]) -> None:
    """Bring the cards up to date that show these variants."""
    refresh(product_ids=catalog.product_ids_of_variants(variant_ids=variant_ids))


def refresh_seller(*, seller_id: int) -> None:
    """Bring all cards of a seller up to date."""
    refresh(product_ids=catalog.product_ids_of_seller(seller_id=seller_id))


def count_sales(*, units: Mapping[int, int]) -> None:
    """Add sold units by product to what makes a card popular."""
    execute(statements.COUNT_SALES, list(units), list(units.values()))


def rebuild() -> Iterator[int]:
    """Refresh every product and drop cards of products that are gone; yields products done.

    Safe while the shop serves: each batch is a short transaction of its own, and a
    card that says what it said before is left alone. What is sold in then is written down,
    and cards in other currencies are dropped.
    """
    sold_in = currencies.sold_in()
    done, last = 0, 0
    while batch := catalog.product_ids_after(product_id=last, limit=BATCH):
        refresh(product_ids=batch)
        last = batch[-1]
        done += len(batch)
        yield done
    last = 0
    while batch := list(
        Card.objects.filter(product_id__gt=last)
        .order_by("product_id")
        .distinct()
        .values_list("product_id", flat=True)[:BATCH]
    ):
        gone = set(batch) - catalog.products(product_ids=batch).keys()
        Card.objects.filter(product_id__in=gone).delete()
        last = batch[-1]
    Card.objects.exclude(currency__in=sold_in).delete()
    Built.objects.update_or_create(
        pk=ONLY, defaults={"currencies": " ".join(sorted(sold_in)), "begun_at": None}
    )


def follow_currencies() -> bool:
    """Rebuild once when the shop sells in other currencies than its cards are in; for a schedule.

    Returns whether this call did. One that dies half-way is taken over after a while.
    """
    Built.objects.get_or_create(pk=ONLY)
    sold_in = " ".join(sorted(currencies.sold_in()))
    free = Q(begun_at=None) | Q(begun_at__lt=Now() - TAKEN_OVER_AFTER)
    rows = Built.objects.filter(pk=ONLY)
    if not rows.exclude(currencies=sold_in).filter(free).update(begun_at=Now()):
        return False
    log.info("discovery.currencies_changed", sold_in=sold_in)
    for done in rebuild():
        rows.update(begun_at=Now())
        log.info("discovery.rebuilding", products=done)
    return True


def _refresh(product_ids: list[int], locale: str, currency: str) -> None:
    rows = rows_for(product_ids=product_ids, locale=locale, currency=currency)
    _write(rows, locale, currency)
    shown = [row.product_id for row in rows]
    if len(shown) < len(product_ids):
        Card.objects.filter(
            product_id__in=set(product_ids) - set(shown), locale=locale, currency=currency
        ).delete()


def _write(rows: list[CardRow], locale: str, currency: str) -> None:
    if not rows:
        return
    payload = json.dumps([row.as_dict() for row in rows])
    execute(statements.WRITE, locale, currency, payload)
