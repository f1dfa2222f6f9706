"""The read model's bulk statements."""

# Two refreshes of one product must not interleave: the slower would write what it
# read before the faster one's change. A bounded number of locks, always in the same
# order, so that a seller with many products neither deadlocks nor fills the lock table.
LOCK = """
SELECT count(pg_advisory_xact_lock(hashtextextended('discovery.card', bucket)))
FROM (SELECT DISTINCT id %% 512 AS bucket FROM unnest(%s::bigint[]) AS id ORDER BY bucket) AS own
"""

# A card that says the same as before is left as it is: no dead row, no new date for
# sitemaps. Popularity is counted elsewhere and kept.
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
    0, statement_timestamp()
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
