"""Many generated products, written in bulk: for load work, not for looking at.

Each is a variation of a product of the demo, with its pictures, categories and
words, three SKUs of its own and plenty of stock. They are written by statements
over whole tables, as a loop over operations would take hours; they have no
revisions and are not in the admin's search.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from cms.pages.models import ProductPage, SellerPage
from commerce.discovery import operations as discovery
from commerce.kernel import actor

from . import statements

Say = Callable[[str], None]
BATCH = 5_000


def add_products(*, count: int, say: Say) -> None:
    """Add generated products below the demo's sellers, after those that were added before."""
    first = _next_number()
    for start in range(first, first + count, BATCH):
        end = min(start + BATCH, first + count)
        with transaction.atomic(), connection.cursor() as cursor:
            actor.tell_database(cause="generated")
            cursor.execute("DROP TABLE IF EXISTS template, made")
            cursor.execute(statements.TEMPLATES, [settings.BASE_CURRENCY])
            cursor.execute(statements.NUMBERS, [start, end - 1])
            for statement in statements.COMMERCE:
                cursor.execute(statement, {"currency": settings.BASE_CURRENCY})
            _write_pages(cursor)
            for statement in statements.CONTENT:
                cursor.execute(statement)
        say(f"  {end - first:,} of {count:,} products generated")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for done in discovery.rebuild():
        if done % BATCH == 0:
            say(f"  {done:,} tiles")


def _next_number() -> int:
    last = (
        ProductPage.objects.filter(slug__regex=r"^generated-\d{7}$")
        .order_by("-slug")
        .values_list("slug", flat=True)
        .first()
    )
    return int(last.rpartition("-")[2]) + 1 if last else 1


def _write_pages(cursor: Any) -> None:
    """Give every new page its place in the tree: treebeard counts children in base 36."""
    cursor.execute("SELECT DISTINCT seller_page_id FROM made ORDER BY 1")
    for (page_id,) in cursor.fetchall():
        parent = SellerPage.objects.get(pk=page_id)
        last = parent.get_last_child()
        taken = SellerPage._str2int(last.path[-SellerPage.steplen :]) if last else 0
        cursor.execute("SELECT number FROM made WHERE seller_page_id = %s ORDER BY 1", [page_id])
        numbers = [number for (number,) in cursor.fetchall()]
        paths = [
            SellerPage._get_path(parent.path, parent.depth + 1, taken + at)
            for at in range(1, len(numbers) + 1)
        ]
        cursor.execute(statements.PLACES, [numbers, paths])
        parent.numchild += len(numbers)
        SellerPage.objects.filter(pk=page_id).update(numchild=parent.numchild)
