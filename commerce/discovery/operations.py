"""Writes of the read model: computed, never authoritative."""

import json
from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings
from django.db import transaction

from commerce.catalog import queries as catalog
from commerce.kernel import currencies
from commerce.kernel.sql import execute

from . import statements
from .models import Card
from .projection import CardRow, rows_for

BATCH = 500


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
    card that says what it said before is left alone.
    """
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
