"""The statements of inventory's hot paths: each locks late and does its work in one trip.

What ends holds locks the holds first, then their stock rows by id. `locked` is
joined so that every lock is taken before the first row changes.
"""

AVAILABLE = """
SELECT variant_id, sum(on_hand), sum(reserved), max(low_at) FROM inventory_stock
WHERE variant_id = ANY (%s)
GROUP BY variant_id
"""

SET_MANY = """
SELECT outcome, variant, units
FROM inventory_set_on_hand(%s::bigint[], %s::bigint[], %s::int[])
"""

RESERVE = """
SELECT outcome, variant, units FROM inventory_reserve(%s, %s::bigint[], %s::int[], %s)
"""

LOCK_HOLDS = """
SELECT s.variant_id, r.quantity, r.state, r.created_at
FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id
WHERE r.holder = %s
ORDER BY r.stock_id, r.id
FOR UPDATE OF r
"""


def _ending(mine: str) -> str:
    """Complete a statement that ends the holds which `mine` locks."""
    return mine + _SHELF_AND_END


_SHELF_AND_END = """
, shelf AS MATERIALIZED (
    SELECT s.id, s.variant_id, s.on_hand - s.reserved AS free
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
"""

END_HOLDS = _ending("""
WITH mine AS MATERIALIZED (
    SELECT id, stock_id FROM inventory_reservation
    WHERE holder = %s AND state = 'active'
    ORDER BY stock_id, id
    FOR UPDATE
)""")

END_LAPSED = _ending("""
WITH mine AS MATERIALIZED (
    SELECT id, stock_id FROM inventory_reservation
    WHERE state = 'active' AND expires_at <= statement_timestamp()
    ORDER BY expires_at
    LIMIT %s
    FOR UPDATE SKIP LOCKED
)""")

EXTEND = """
UPDATE inventory_reservation SET
    extended = true,
    expires_at = least(
        created_at + interval '60 minutes',
        greatest(expires_at, statement_timestamp() + make_interval(mins => %s))
    )
WHERE holder = %s AND state = 'active' AND NOT extended
    AND expires_at > statement_timestamp()
"""
