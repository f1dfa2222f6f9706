"""With many cards no page reads the whole table."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commerce.discovery import queries
from commerce.discovery.queries import CardFilter
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db

SMALL, BIG = UUID(int=3), UUID(int=1000)
CARDS = """
INSERT INTO discovery_card (
    product_id, locale, currency, title, path, image, seller_id, seller_name, seller_path, brand,
    price_minor, price_varies, in_stock, variants_summary, category_keys, published_at,
    popularity, search, updated_at
)
SELECT
    n, 'en', 'USD', 'Mug ' || n, '/', '{"src": "/media/a-picture-with-a-long-address.webp"}',
    n %% 20, 'Acme', '/', '', (n * 7919) %% 100000, false, true, '',
    ARRAY[lpad(to_hex(n %% 200), 32, '0')::uuid, %s], now() - n * interval '1 minute',
    (n * 31) %% 977, to_tsvector('simple', 'mug w' || n %% 300 || ' n' || n), now()
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
def many_cards() -> None:
    run_sql(CARDS, [BIG])
    run_sql("ANALYZE discovery_card")


def plans(statements: list[dict[str, str]]) -> str:
    text = ""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute("EXPLAIN " + statement["sql"].replace("%", "%%"))
            text += "\n".join(row[0] for row in cursor.fetchall()) + "\n"
    return text


def test_every_page_is_answered_from_an_index(many_cards: None) -> None:
    seen: dict[str, str] = {}
    for filter in (
        CardFilter(),
        CardFilter(category_key=SMALL),
        CardFilter(category_key=BIG),
        CardFilter(seller_id=3),
        CardFilter(query="w7 mu"),
        CardFilter(query="n777"),
    ):
        for sort in queries.SORTS:
            with CaptureQueriesContext(connection) as captured:
                page = queries.page(filter=filter, sort=sort)
            assert page.cards
            fetch = captured.captured_queries[-1:]
            seen[f"{filter} {sort}"] = plans(fetch)
            if not page.total_is_capped:
                seen[f"{filter} {sort} count"] = plans(captured.captured_queries[:1])

    assert [name for name, plan in seen.items() if "Seq Scan on discovery_card" in plan] == []
