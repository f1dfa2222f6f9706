"""Statements that do in one trip what the ORM would do in several."""

from commerce.kernel.sql import Planned, columns

from .models import Order, OrderLine, SellerOrder

ORDER = Planned(f"SELECT {columns(Order)} FROM orders_order WHERE token = %s")  # noqa: S608
PARTS = Planned(
    f"SELECT {columns(SellerOrder)} FROM orders_sellerorder WHERE order_id = ANY (%s) ORDER BY id"  # noqa: S608
)
LINES = Planned(
    f"SELECT {columns(OrderLine)} FROM orders_orderline WHERE seller_order_id = ANY (%s)"  # noqa: S608
    " ORDER BY id"
)
EVENTS = Planned("""
SELECT order_id, seller_order_id, from_state, to_state, actor, cause, at FROM orders_orderevent
WHERE order_id = ANY (%s) ORDER BY at, id
""")
LOCK = Planned(f"{ORDER} FOR UPDATE")

# Runs outside the placing transaction: no checkout waits for another's number, and a
# number whose order came to nothing stays unused.
NEXT_NUMBER = Planned("""
INSERT INTO orders_daycounter (day, last)
VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, 1)
ON CONFLICT (day) DO UPDATE SET last = orders_daycounter.last + 1
RETURNING to_char(day, 'YYYYMMDD'), last, clock_timestamp()
""")

PLACE = Planned("""
WITH placed AS (
    INSERT INTO orders_order (
        token, number, cart_id, user_id, email, currency, state, version, goods_minor,
        discount_minor, shipping_minor, shipping_discount_minor, tax_minor, included_tax_minor,
        total_minor, credit_minor, ship_to, placed_at
    ) VALUES (
        %(token)s, %(number)s, %(cart_id)s, %(user_id)s, %(email)s, %(currency)s, 'pending', 0,
        %(goods_minor)s, %(discount_minor)s, %(shipping_minor)s, %(shipping_discount_minor)s,
        %(tax_minor)s, %(included_tax_minor)s, %(total_minor)s, %(credit_minor)s,
        %(ship_to)s::jsonb, statement_timestamp()
    ) RETURNING id, placed_at
), part AS (
    INSERT INTO orders_sellerorder (
        order_id, seller_id, number, state, version, goods_minor, discount_minor, shipping_minor,
        shipping_discount_minor, platform_discount_minor, tax_minor, shipping_tax_minor,
        included_tax_minor, total_minor, shipping_method, commission_minor
    )
    SELECT placed.id, p.seller_id, p.number, 'pending', 0, p.goods_minor, p.discount_minor,
        p.shipping_minor, p.shipping_discount_minor, p.platform_discount_minor, p.tax_minor,
        p.shipping_tax_minor, p.included_tax_minor, p.total_minor, p.shipping_method,
        p.commission_minor
    FROM placed, jsonb_to_recordset(%(parts)s::jsonb) AS p (
        seller_id bigint, number text, goods_minor bigint, discount_minor bigint,
        shipping_minor bigint, shipping_discount_minor bigint, platform_discount_minor bigint,
        tax_minor bigint, shipping_tax_minor bigint, included_tax_minor bigint,
        total_minor bigint, shipping_method jsonb, commission_minor bigint
    )
    RETURNING id, seller_id
), line AS (
    INSERT INTO orders_orderline (
        seller_order_id, variant_id, title, sku, options, image, path, quantity, unit_minor,
        total_minor, discount_minor, platform_discount_minor, tax_minor, included_tax_minor,
        tax_rate_bps, tax_name, commission_bps, commission_minor, adjustments, explanation,
        promised_by, shipped_quantity, canceled_quantity, returned_quantity
    )
    SELECT part.id, l.variant_id, l.title, l.sku, l.options, l.image, l.path, l.quantity,
        l.unit_minor, l.total_minor, l.discount_minor, l.platform_discount_minor, l.tax_minor,
        l.included_tax_minor, l.tax_rate_bps, l.tax_name, l.commission_bps, l.commission_minor,
        l.adjustments, l.explanation, l.promised_by, 0, 0, 0
    FROM ROWS FROM (jsonb_to_recordset(%(lines)s::jsonb) AS (
        seller_id bigint, variant_id bigint, title text, sku text, options jsonb, image jsonb,
        path text, quantity integer, unit_minor bigint, total_minor bigint, discount_minor bigint,
        platform_discount_minor bigint, tax_minor bigint, included_tax_minor bigint,
        tax_rate_bps integer, tax_name text, commission_bps integer, commission_minor bigint,
        adjustments jsonb, explanation jsonb, promised_by date
    )) WITH ORDINALITY AS l
    JOIN part ON part.seller_id = l.seller_id
    ORDER BY l.ordinality
)
SELECT id, placed_at FROM placed
""")

# The actor is told in the same trip; a materialized CTE runs before what joins it.
MOVE_ALL = Planned("""
WITH told AS MATERIALIZED (
    SELECT set_config('stoa.actor', %s, true) AS actor, set_config('stoa.cause', %s, true),
        set_config('stoa.request', %s, true)
), moved AS (
    UPDATE orders_order SET
        state = %s,
        version = version + 1,
        confirmed_at = CASE WHEN %s = 'confirmed' THEN statement_timestamp() ELSE confirmed_at END,
        awaits_capture = %s
    FROM told
    WHERE id = %s AND state = 'pending' AND told.actor IS NOT NULL
    RETURNING id, state, orders_order.confirmed_at
)
UPDATE orders_sellerorder part SET
    state = moved.state, version = part.version + 1, confirmed_at = moved.confirmed_at
FROM moved
WHERE part.order_id = moved.id AND part.state = 'pending'
RETURNING part.seller_id, part.goods_minor, part.discount_minor, part.shipping_minor,
    part.shipping_discount_minor, part.platform_discount_minor, part.tax_minor,
    part.included_tax_minor, part.commission_minor
""")

# As the indexes say it, letter by letter.
_WORDS = "to_tsvector('simple', translate(lower({text}), '-_@./,;:+()''', '            '))"
NAME_WORDS = _WORDS.format(
    text="coalesce(o.ship_to ->> 'name', '') || ' ' || coalesce(o.ship_to ->> 'company', '')"
)
LINE_WORDS = _WORDS.format(text="l.sku || ' ' || l.title")

FIND_PARTS = f"""
SELECT id FROM (
    SELECT id FROM orders_sellerorder WHERE seller_id = %(seller)s AND number LIKE %(number)s
    UNION
    SELECT p.id FROM orders_order o JOIN orders_sellerorder p ON p.order_id = o.id
    WHERE p.seller_id = %(seller)s AND {NAME_WORDS} @@ to_tsquery('simple', %(words)s)
    UNION
    SELECT p.id FROM orders_orderline l JOIN orders_sellerorder p ON p.id = l.seller_order_id
    WHERE p.seller_id = %(seller)s AND {LINE_WORDS} @@ to_tsquery('simple', %(words)s)
) AS found
ORDER BY id DESC LIMIT %(most)s
"""  # noqa: S608

_OF_USER = "(%(user)s::bigint IS NULL OR o.user_id = %(user)s)"
FIND_ORDERS = f"""
SELECT id FROM (
    SELECT o.id FROM orders_order o WHERE {_OF_USER} AND o.number LIKE %(number)s
    UNION
    SELECT p.order_id FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
    WHERE {_OF_USER} AND p.number LIKE %(number)s
    UNION
    SELECT o.id FROM orders_order o WHERE {_OF_USER} AND lower(o.email) LIKE %(email)s
    UNION
    SELECT o.id FROM orders_order o
    WHERE {_OF_USER} AND {NAME_WORDS} @@ to_tsquery('simple', %(words)s)
    UNION
    SELECT o.id FROM orders_orderline l
    JOIN orders_sellerorder p ON p.id = l.seller_order_id JOIN orders_order o ON o.id = p.order_id
    WHERE {_OF_USER} AND {LINE_WORDS} @@ to_tsquery('simple', %(words)s)
) AS found
ORDER BY id DESC LIMIT %(most)s
"""  # noqa: S608

SALES_BY_MONTH = """
SELECT extract(month FROM p.confirmed_at AT TIME ZONE 'UTC')::int, count(*)::int,
    sum(p.earning_minor + p.commission_minor)::bigint, sum(p.commission_minor)::bigint,
    sum(p.tax_minor + p.included_tax_minor)::bigint
FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
WHERE p.seller_id = %s AND o.currency = %s AND p.confirmed_at >= %s AND p.confirmed_at < %s
GROUP BY 1
"""

GIVEN_UP = """
SELECT count(*) FROM orders_order
WHERE email = %s AND state = 'canceled' AND confirmed_at IS NULL
  AND placed_at > clock_timestamp() - make_interval(hours => %s)
"""
