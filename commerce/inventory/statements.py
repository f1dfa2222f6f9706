"""The statements of inventory's hot paths: each locks late and does its work in one trip.

What ends holds locks the holds first, then their stock rows by id. `locked` is
joined so that every lock is taken before the first row changes.
"""

from commerce.kernel.sql import Planned

# Functions of the same names stand in the database; here written out, as they are not inlined.
_UNITS = "(SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id)"
_FREE = f"CASE WHEN s.by_unit THEN {_UNITS} ELSE greatest(s.on_hand - s.reserved, 0) END"
_ROOM = f"CASE WHEN s.by_unit THEN {_UNITS} ELSE s.on_hand + s.backorder_limit - s.reserved END"

AVAILABLE = Planned(f"""
SELECT s.variant_id, sum(s.on_hand),
    sum(CASE WHEN s.by_unit THEN s.on_hand - {_UNITS} ELSE s.reserved END),
    sum({_FREE}), sum({_ROOM}), max(s.low_at),
    coalesce(max(p.kind), 'deny'), max(p.expected_on), coalesce(max(p.cart_hold_minutes), 0)
FROM inventory_stock s LEFT JOIN inventory_skupolicy p ON p.variant_id = s.variant_id
WHERE s.variant_id = ANY (%s)
GROUP BY s.variant_id
""")  # noqa: S608

FREE_AT = f"""
SELECT s.variant_id, s.location_id, {_FREE} + coalesce((
    SELECT sum(r.quantity) FROM inventory_reservation r
    WHERE r.stock_id = s.id AND r.state = 'active' AND r.holder = ANY (%s)
), 0)
FROM inventory_stock s
WHERE s.variant_id = ANY (%s)
"""  # noqa: S608

SET_MANY = """
SELECT outcome, variant, units
FROM inventory_set_on_hand(%s::bigint[], %s::bigint[], %s::int[])
"""

RESERVE = Planned("""
SELECT outcome, variant, units FROM inventory_reserve(
    %s, %s::bigint[], %s::int[], %s, %s, %s, %s::bigint[], %s::text[], %s::timestamptz,
    %s::bigint[]
)
""")

HOLD_CHECKOUT = Planned("""
SELECT outcome, variant, units, until FROM inventory_hold_checkout(
    %s, %s::bigint[], %s::int[], %s, %s, %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz
)
""")

KEPT = Planned("""
SELECT variant_id, units, there, until, until > statement_timestamp() FROM inventory_kept(%s)
""")

# Carts of a principal that held a SKU within six hours and came to nothing, beside what else it
# gave up. Active rows and ended ones are in indexes of their own.
CARTS_GIVEN_UP = """
WITH asked AS (
    SELECT %s::text AS principal, %s::text AS holder, %s::bigint AS variant_id
), mine AS MATERIALIZED (
    SELECT r.holder, r.taken_from, r.state
    FROM asked, inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
    WHERE r.principal = asked.principal AND r.principal <> '' AND r.state = 'active'
        AND s.variant_id = asked.variant_id
    UNION ALL
    SELECT r.holder, r.taken_from, r.state
    FROM asked, inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
    WHERE r.principal = asked.principal AND r.principal <> '' AND r.state <> 'active'
        AND r.created_at > statement_timestamp() - interval '6 hours'
        AND s.variant_id = asked.variant_id
)
SELECT inventory_gave_up(asked.principal, asked.holder, ARRAY[asked.variant_id], true) OR (
    SELECT
        count(DISTINCT mine.holder) FILTER (
            WHERE mine.holder LIKE 'cart:%%' AND mine.holder <> asked.holder
                AND mine.state <> 'active' AND NOT EXISTS (
                    SELECT 1 FROM mine AS later
                    WHERE later.state IN ('active', 'claimed')
                        AND 'checkout:' || split_part(mine.holder, ':', 2)
                            IN (later.holder, later.taken_from)
                )
        ) >= 2 + count(DISTINCT mine.holder) FILTER (WHERE mine.state = 'claimed')
    FROM mine
)
FROM asked
"""

# Passes as a whole or not at all; the stock rows stay as they are.
TAKE_OVER = Planned("""
WITH mine AS MATERIALIZED (
    SELECT id, stock_id, quantity, expires_at FROM inventory_reservation
    WHERE holder = %s AND state IN ('active', 'claimed')
    ORDER BY stock_id, id
    FOR UPDATE
), wanted AS (
    SELECT w.variant_id, w.quantity, w.location_id
    FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS w (variant_id, quantity, location_id)
), held AS (
    SELECT s.variant_id, sum(mine.quantity) AS quantity,
        bool_and(
            mine.expires_at > statement_timestamp()
            AND coalesce(s.location_id = wanted.location_id, true)
        ) AS fits
    FROM mine
    JOIN inventory_stock s ON s.id = mine.stock_id
    LEFT JOIN wanted ON wanted.variant_id = s.variant_id
    GROUP BY s.variant_id
), same AS (
    SELECT NOT EXISTS (
        SELECT 1 FROM held FULL JOIN wanted ON wanted.variant_id = held.variant_id
        WHERE held.quantity IS DISTINCT FROM wanted.quantity OR NOT held.fits
    ) AS yes
)
UPDATE inventory_reservation r SET
    holder = %s,
    taken_from = r.holder,
    taken_at = statement_timestamp(),
    expires_at = statement_timestamp() + make_interval(mins => %s)
FROM mine, same
WHERE r.id = mine.id AND same.yes
""")

FORGET_CHECKOUT = """
DELETE FROM inventory_reservation WHERE holder = %s AND state IN ('released', 'expired')
"""

LOCK_HOLDS = Planned("""
SELECT s.variant_id, r.quantity, r.state, r.created_at
FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
WHERE r.holder = %s
ORDER BY r.stock_id, r.id
FOR UPDATE OF r
""")


def _ending(mine: str) -> str:
    """Complete a statement that ends the holds which `mine` locks."""
    return mine + _SHELF_AND_END


_SHELF_AND_END = f"""
, shelf AS MATERIALIZED (
    SELECT s.id, s.variant_id, {_ROOM} AS free
    FROM inventory_stock s
    WHERE s.id IN (SELECT stock_id FROM mine)
    ORDER BY s.id
    FOR NO KEY UPDATE
), ended AS (
    UPDATE inventory_reservation r SET state = %s
    FROM mine, (SELECT count(*) FROM shelf) AS locked
    WHERE r.id = mine.id
    RETURNING r.stock_id
)
SELECT shelf.variant_id, shelf.free FROM ended JOIN shelf ON shelf.id = ended.stock_id
"""  # noqa: S608

# Claimed ones are looked up with the active ones, for by the active alone the planner may
# read the index of everybody's active holds.
END_HOLDS = Planned(
    _ending("""
WITH live AS MATERIALIZED (
    SELECT id, stock_id, state FROM inventory_reservation
    WHERE holder = %s AND state IN ('active', 'claimed')
    ORDER BY stock_id, id
    FOR UPDATE
), mine AS (
    SELECT id, stock_id FROM live WHERE state = 'active'
)""")
)

END_LAPSED = _ending("""
WITH mine AS MATERIALIZED (
    SELECT id, stock_id FROM inventory_reservation
    WHERE state = 'active' AND expires_at <= statement_timestamp()
    ORDER BY expires_at
    LIMIT %s
    FOR UPDATE SKIP LOCKED
)""")

# By the deadline, which an index of ended holds knows; nobody's lock is waited for. OFFSET 0
# keeps the planner from reading everybody's active holds in place of the holder's own.
CLEAR_ENDED = """
WITH old AS MATERIALIZED (
    SELECT r.id FROM inventory_reservation r
    WHERE r.state IN ('released', 'expired')
        AND r.expires_at < statement_timestamp() - make_interval(days => %s)
        AND NOT EXISTS (
            SELECT 1 FROM (
                SELECT o.state FROM inventory_reservation o WHERE o.holder = r.holder OFFSET 0
            ) AS own
            WHERE own.state = 'active'
        )
    ORDER BY r.expires_at
    LIMIT %s
    FOR UPDATE OF r SKIP LOCKED
)
DELETE FROM inventory_reservation r USING old WHERE r.id = old.id
"""

EXTEND = """
WITH asked AS (
    SELECT %s::text AS holder, %s::text AS kind, %s::int AS minutes, %s::int AS longest
)
UPDATE inventory_reservation r SET
    extended = true,
    kind = asked.kind,
    expires_at = least(
        coalesce(r.taken_at, r.created_at) + make_interval(mins => asked.longest),
        greatest(r.expires_at, statement_timestamp() + make_interval(mins => asked.minutes))
    )
FROM asked
WHERE r.holder = asked.holder AND r.state = 'active' AND r.expires_at > statement_timestamp()
    AND (r.kind = 'checkout' AND asked.kind = 'slow' OR r.kind = asked.kind AND NOT r.extended)
"""

MAKE_ROWS = """
INSERT INTO inventory_stock (variant_id, location_id, on_hand, reserved, low_at)
SELECT w.variant_id, w.location_id, 0, 0, 5
FROM unnest(%s::bigint[], %s::bigint[]) AS w (variant_id, location_id)
ORDER BY w.variant_id, w.location_id
ON CONFLICT (variant_id, location_id) DO NOTHING
"""

LOCK_ROWS = f"""
SELECT s.id, s.variant_id, s.location_id, s.on_hand, s.on_hand - ({_ROOM}) + s.backorder_limit,
    s.backorder_limit, s.missing, s.version
FROM inventory_stock s
JOIN unnest(%s::bigint[], %s::bigint[]) AS w (variant_id, location_id)
    ON w.variant_id = s.variant_id AND w.location_id = s.location_id
ORDER BY s.id
FOR NO KEY UPDATE OF s
"""  # noqa: S608

WRITE_ROWS = """
UPDATE inventory_stock s SET on_hand = w.on_hand, missing = w.missing
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS w (id, on_hand, missing)
WHERE s.id = w.id
RETURNING s.id, s.version
"""

WRITE_THRESHOLDS = """
UPDATE inventory_stock s SET low_here = w.low_here
FROM unnest(%s::bigint[], %s::int[]) AS w (id, low_here)
WHERE s.id = w.id
"""

# The youngest orders go without: counted from the newest, as many open units as are missing.
UNFULFILLABLE = """
WITH open AS (
    SELECT
        a.holder, s.variant_id, s.location_id, s.missing, a.quantity - a.departed AS units,
        sum(a.quantity - a.departed) OVER (
            PARTITION BY a.stock_id ORDER BY a.at DESC, a.id DESC
        ) AS through
    FROM inventory_allocation a
    JOIN inventory_stock s ON s.id = a.stock_id
    JOIN inventory_location l ON l.id = s.location_id
    WHERE s.missing > 0 AND a.departed < a.quantity
        AND (%s::bigint IS NULL OR l.seller_id = %s)
)
SELECT holder, variant_id, location_id, least(units, missing - (through - units))
FROM open
WHERE through - units < missing
ORDER BY variant_id, location_id, through
"""

MOVED_SINCE = """
SELECT w.id, bool_and(m.kind IN ('sold', 'canceled', 'returned')), coalesce(sum(m.delta), 0)
FROM unnest(%s::bigint[], %s::bigint[]) AS w (id, moves)
JOIN LATERAL (
    SELECT kind, delta FROM inventory_stockmovement
    WHERE stock_id = w.id ORDER BY id DESC LIMIT w.moves
) AS m ON true
GROUP BY w.id
"""

# What lies on a shelf: what is free or held, and what was sold and has not left yet.
EXPECTED = """
SELECT s.id, s.variant_id, s.on_hand - s.missing + coalesce((
    SELECT sum(a.quantity - a.departed) FROM inventory_allocation a
    WHERE a.stock_id = s.id AND a.departed < a.quantity
), 0)
FROM inventory_stock s
WHERE s.location_id = %s AND (%s::bigint[] IS NULL OR s.id = ANY (%s))
ORDER BY s.id
"""

# Those of archived goods too while some should lie there.
LONGEST_UNCOUNTED = """
SELECT s.id
FROM inventory_stock s
JOIN catalog_variant v ON v.id = s.variant_id
JOIN catalog_product p ON p.id = v.product_id
LEFT JOIN LATERAL (
    SELECT max(sheet.ended_at) AS at
    FROM inventory_countline line JOIN inventory_countsheet sheet ON sheet.id = line.sheet_id
    WHERE line.stock_id = s.id AND sheet.state = 'applied'
) AS last ON true
WHERE s.location_id = %s AND (s.on_hand <> 0 OR v.is_active AND p.state <> 'archived')
ORDER BY last.at NULLS FIRST, s.id
LIMIT %s
"""

FIND_LOW = """
WITH level AS (
    SELECT s.variant_id, max(s.low_at) AS low_at, sum(
        CASE WHEN s.by_unit
            THEN (SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id)
            ELSE greatest(s.on_hand - s.reserved, 0)
        END
    ) AS free
    FROM inventory_stock s GROUP BY s.variant_id
), risen AS (
    UPDATE inventory_lowstock n SET ended_at = statement_timestamp()
    FROM level
    WHERE n.variant_id = level.variant_id AND n.ended_at IS NULL AND level.free > level.low_at
)
INSERT INTO inventory_lowstock (variant_id, available, low_at)
SELECT level.variant_id, level.free, level.low_at
FROM level
JOIN catalog_variant v ON v.id = level.variant_id
JOIN catalog_product p ON p.id = v.product_id
WHERE level.free <= level.low_at AND level.low_at > 0 AND v.is_active AND p.state <> 'archived'
    AND EXISTS (
        SELECT 1 FROM inventory_stockmovement m JOIN inventory_stock s ON s.id = m.stock_id
        WHERE s.variant_id = level.variant_id
    )
ON CONFLICT (variant_id) WHERE ended_at IS NULL DO NOTHING
RETURNING variant_id
"""

FIND_LOW_SHELVES = f"""
WITH level AS (
    SELECT s.id, s.variant_id, s.low_here, {_FREE} AS free
    FROM inventory_stock s WHERE s.low_here IS NOT NULL
), risen AS (
    UPDATE inventory_lowshelf n SET ended_at = statement_timestamp()
    WHERE n.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM level WHERE level.id = n.stock_id AND level.free <= level.low_here
    )
)
INSERT INTO inventory_lowshelf (stock_id, available, low_here)
SELECT level.id, level.free, level.low_here
FROM level
JOIN catalog_variant v ON v.id = level.variant_id
JOIN catalog_product p ON p.id = v.product_id
WHERE level.free <= level.low_here AND v.is_active AND p.state <> 'archived'
ON CONFLICT (stock_id) WHERE ended_at IS NULL DO NOTHING
RETURNING id, stock_id
"""  # noqa: S608

PROMISED = """
SELECT s.id, s.on_hand - (SELECT count(*) FROM inventory_unit u WHERE u.stock_id = s.id)
FROM inventory_stock s WHERE s.id = ANY (%s)
"""

# What left was there after all: no more is missing than still waits or is held.
FOUND_AGAIN = """
WITH shelf AS MATERIALIZED (
    SELECT id FROM inventory_stock WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE
)
UPDATE inventory_stock s SET missing = least(s.missing, s.reserved + coalesce((
    SELECT sum(a.quantity - a.departed) FROM inventory_allocation a
    WHERE a.stock_id = s.id AND a.departed < a.quantity
), 0))
FROM shelf WHERE s.id = shelf.id
"""
