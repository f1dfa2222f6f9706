"""The read model's bulk statements, and those that every page asks: they are written out,
as the ORM takes longer to compose them than the database to answer."""

from typing import Any

from .types import CardFilter, RailRule

COLUMNS = (
    "product_id", "title", "path", "seller_id", "seller_name", "seller_path", "brand",
    "price_minor", "compare_at_minor", "price_varies", "in_stock", "variants_summary", "currency",
)  # fmt: skip

# Two refreshes of one product must not interleave: the slower would write what it
# read before the faster one's change. A bounded number of locks, always in the same
# order, so that a seller with many products neither deadlocks nor fills the lock table.
LOCK = """
SELECT count(pg_advisory_xact_lock(hashtextextended('discovery.card', bucket)))
FROM (SELECT DISTINCT id %% 512 AS bucket FROM unnest(%s::bigint[]) AS id ORDER BY bucket) AS own
"""

# A card that says the same as before is left as it is: no dead row, no new date for
# sitemaps. Popularity is counted elsewhere, kept, and the same in every currency.
WRITE = """
INSERT INTO discovery_card AS card (
    locale, currency, product_id, title, path, image, seller_id, seller_name, seller_path,
    brand, price_minor, price_varies, compare_at_minor, in_stock, variants_summary,
    category_keys, published_at, search, popularity, updated_at
)
SELECT
    %s, %s, product_id, title, path, image, seller_id, seller_name, seller_path,
    brand, price_minor, price_varies, compare_at_minor, in_stock, variants_summary,
    category_keys, published_at,
    setweight(to_tsvector('simple', title_words), 'A')
        || setweight(to_tsvector('simple', brand_words), 'B')
        || setweight(to_tsvector('simple', other_words), 'C'),
    coalesce((
        SELECT max(other.popularity) FROM discovery_card other
        WHERE other.product_id = row.product_id
    ), 0), statement_timestamp()
FROM jsonb_to_recordset(%s::jsonb) AS row (
    product_id bigint, title text, path text, image jsonb, seller_id bigint,
    seller_name text, seller_path text, brand text, price_minor bigint, price_varies bool,
    compare_at_minor bigint, in_stock bool, variants_summary text, category_keys uuid[],
    published_at timestamptz, title_words text, brand_words text, other_words text
)
ON CONFLICT (product_id, locale, currency) DO UPDATE SET
    title = EXCLUDED.title,
    path = EXCLUDED.path,
    image = EXCLUDED.image,
    seller_id = EXCLUDED.seller_id,
    seller_name = EXCLUDED.seller_name,
    seller_path = EXCLUDED.seller_path,
    brand = EXCLUDED.brand,
    price_minor = EXCLUDED.price_minor,
    price_varies = EXCLUDED.price_varies,
    compare_at_minor = EXCLUDED.compare_at_minor,
    in_stock = EXCLUDED.in_stock,
    variants_summary = EXCLUDED.variants_summary,
    category_keys = EXCLUDED.category_keys,
    published_at = EXCLUDED.published_at,
    search = EXCLUDED.search,
    updated_at = EXCLUDED.updated_at
WHERE (
    card.title, card.path, card.image, card.seller_id, card.seller_name, card.seller_path,
    card.brand, card.price_minor, card.price_varies, card.compare_at_minor, card.in_stock,
    card.variants_summary, card.category_keys, card.published_at, card.search
) IS DISTINCT FROM (
    EXCLUDED.title, EXCLUDED.path, EXCLUDED.image, EXCLUDED.seller_id, EXCLUDED.seller_name,
    EXCLUDED.seller_path, EXCLUDED.brand, EXCLUDED.price_minor, EXCLUDED.price_varies,
    EXCLUDED.compare_at_minor, EXCLUDED.in_stock, EXCLUDED.variants_summary,
    EXCLUDED.category_keys, EXCLUDED.published_at, EXCLUDED.search
)
"""

COUNT_SALES = """
UPDATE discovery_card SET popularity = popularity + sold.units
FROM unnest(%s::bigint[], %s::int[]) AS sold (product_id, units)
WHERE discovery_card.product_id = sold.product_id
"""

COUNTS = """
SELECT key, count(*) FROM discovery_card, unnest(category_keys) AS key
WHERE locale = %s AND currency = %s
    AND category_keys && %s::uuid[] AND key = ANY (%s::uuid[])
GROUP BY key
"""

ORDERS = {
    "newest": "published_at DESC, id DESC",
    "price": "price_minor, id",
    "-price": "price_minor DESC, id DESC",
    "popular": "popularity DESC, id DESC",
}


Part = tuple[str, list[Any]]
"""A piece of a statement and its parameters."""


def rail(number: int, rule: RailRule, locale: str, currency: str) -> Part:
    """Return a rail's part of the statement for all rails of a page."""
    where, values = _where(
        locale,
        currency,
        ("in_stock = %s", True),
        ("category_keys @> ARRAY[%s]::uuid[]", rule.category_key),
        ("seller_id = %s", rule.seller_id),
        ("product_id <> %s", rule.except_product_id),
    )
    part = f"(SELECT {number}, {_SHOWN} {where} ORDER BY {ORDERS[rule.sort]} LIMIT %s)"
    return part, [*values, rule.limit]


def matching(filter: CardFilter, locale: str, currency: str) -> Part:
    """Return where the cards of a filter are; one without words to search for."""
    return _where(
        locale,
        currency,
        ("in_stock = %s", filter.in_stock or None),
        ("category_keys @> ARRAY[%s]::uuid[]", filter.category_key),
        ("seller_id = %s", filter.seller_id),
        ("product_id = ANY (%s)", None if filter.product_ids is None else [*filter.product_ids]),
    )


def count(where: str) -> str:
    return f"SELECT count(*) FROM (SELECT 1 {where} LIMIT %s) AS found"  # noqa: S608


def rows(where: str, sort: str = "newest") -> str:
    return f"SELECT {_SHOWN} {where} ORDER BY {ORDERS[sort]} LIMIT %s OFFSET %s"


_SHOWN = f"image, {', '.join(COLUMNS)}"


def _where(locale: str, currency: str, *wanted: tuple[str, Any]) -> Part:
    given = [(condition, value) for condition, value in wanted if value is not None]
    conditions = ["locale = %s", "currency = %s", *(condition for condition, _ in given)]
    values = [locale, currency, *(value for _, value in given)]
    return f"FROM discovery_card WHERE {' AND '.join(conditions)}", values
