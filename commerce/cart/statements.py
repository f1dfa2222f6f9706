"""The cart's hot paths; what changes also locks and tells in one trip."""

from commerce.kernel.sql import Planned

# What the cart's checkout holds comes with the lines.
LINES = Planned("""
WITH kept AS MATERIALIZED (
    SELECT k.variant_id, k.units, k.there, k.until FROM inventory_kept(%s) AS k
)
SELECT l.id, l.variant_id, l.quantity, kept.units, kept.there, kept.until,
    kept.until > statement_timestamp()
FROM cart_line l LEFT JOIN kept ON kept.variant_id = l.variant_id
WHERE l.cart_id = %s
ORDER BY l.id
""")

OPEN_GUEST = Planned("""
INSERT INTO cart_cart (token, currency, codes, state, created_at, touched_at)
VALUES (%s, %s, '{}', 'open', statement_timestamp(), statement_timestamp())
""")

FIND = Planned("""
SELECT token FROM cart_cart
WHERE state = 'open' AND (user_id = %s OR token = %s AND user_id IS NULL)
ORDER BY user_id NULLS LAST
LIMIT 1
""")

NAMED = Planned(
    "SELECT token FROM cart_cart WHERE token = %s AND (user_id IS NULL OR user_id = %s)"
)

CONTENTS = Planned("""
WITH cart AS MATERIALIZED (
    SELECT id, currency, user_id, codes FROM cart_cart WHERE token = %s
), kept AS MATERIALIZED (
    SELECT k.variant_id, k.units, k.there, k.until
    FROM cart, inventory_kept('checkout:' || cart.id) AS k
)
SELECT c.id, c.currency, c.user_id, c.codes, l.id, l.variant_id, l.quantity,
    kept.units, kept.there, kept.until, kept.until > statement_timestamp()
FROM cart c
LEFT JOIN cart_line l ON l.cart_id = c.id
LEFT JOIN kept ON kept.variant_id = l.variant_id
ORDER BY l.id
""")

COUNT = Planned("""
SELECT coalesce(sum(l.quantity), 0) FROM cart_line l JOIN cart_cart c ON c.id = l.cart_id
WHERE c.token = %s AND c.state = 'open'
""")

TOUCH = """
UPDATE cart_cart SET touched_at = statement_timestamp()
WHERE token = %s AND state = 'open'
RETURNING id, currency
"""

# Also returned: what the line held before, as this statement saw it; good enough to
# tell that the ceiling cut something off.
ADD = Planned("""
WITH cart AS (
    UPDATE cart_cart SET touched_at = statement_timestamp()
    WHERE token = %s AND state = 'open'
    RETURNING id, currency, user_id
), asked AS (
    SELECT %s::bigint AS variant_id, %s::int AS quantity
), line AS (
    INSERT INTO cart_line AS l (cart_id, variant_id, quantity, added_at)
    SELECT cart.id, asked.variant_id, asked.quantity, statement_timestamp() FROM cart, asked
    ON CONFLICT (cart_id, variant_id) DO UPDATE
        SET quantity = least(l.quantity + EXCLUDED.quantity, 999)
    RETURNING id, quantity
)
SELECT cart.id, cart.currency, cart.user_id, line.id, line.quantity, coalesce((
    SELECT l.quantity FROM cart_line l
    WHERE l.cart_id = cart.id AND l.variant_id = asked.variant_id
), 0)
FROM cart, line, asked
""")

# A materialized CTE runs before what joins it; the triggers of the same transaction hear it.
MARK_ORDERED = Planned("""
WITH told AS MATERIALIZED (
    SELECT set_config('stoa.actor', %s, true) AS actor, set_config('stoa.cause', %s, true),
        set_config('stoa.request', %s, true),
        set_config('stoa.kind', '', true), set_config('stoa.reference', '', true)
)
UPDATE cart_cart SET state = 'ordered' FROM told
WHERE id = %s AND state = 'open' AND told.actor IS NOT NULL
""")

# Whoever closes the cart waits; others may look on.
LOCK_OPEN = Planned("""
SELECT id FROM cart_cart WHERE id = %s AND state = 'open' FOR SHARE
""")

KEEP_CODES = """
UPDATE cart_cart SET codes = %s, touched_at = statement_timestamp()
WHERE token = %s AND state = 'open'
RETURNING id
"""

POUR = """
INSERT INTO cart_line AS l (cart_id, variant_id, quantity, added_at)
SELECT %s, variant_id, quantity, added_at FROM cart_line WHERE cart_id = %s ORDER BY id
ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = greatest(l.quantity, EXCLUDED.quantity)
"""
