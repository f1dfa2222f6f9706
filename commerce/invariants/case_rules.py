"""Rules of cancellations, returns and claims."""

from .types import Rule

CASE_RULES = [
    Rule(
        code="INV18",
        promise="Cancellations, returns and claims moved only along their graph.",
        violations="""
            SELECT count(*) FROM returns_caseevent e JOIN returns_case c ON c.id = e.case_id
            WHERE CASE WHEN e.version = 0 THEN e.from_state <> '' OR e.to_state <> 'requested'
                ELSE NOT EXISTS (
                    SELECT 1 FROM returns_move m WHERE m.kind = c.kind
                      AND m.from_state = e.from_state AND m.to_state = e.to_state
                ) END
        """,
    ),
    Rule(
        code="INV19",
        promise="Each move of a case has exactly one event with its actor and leads to its state.",
        violations="""
            SELECT count(*) FROM returns_case c
            LEFT JOIN (
                SELECT case_id, count(*) AS events, max(version) AS version,
                    (array_agg(to_state ORDER BY version DESC))[1] AS state,
                    bool_or(actor = '' OR from_state <> coalesce(before, '')) AS broken
                FROM (
                    SELECT e.*, lag(e.to_state) OVER (PARTITION BY case_id ORDER BY version)
                        AS before FROM returns_caseevent e
                ) AS history GROUP BY case_id
            ) AS told ON told.case_id = c.id
            WHERE told.events IS NULL OR told.broken OR told.events <> c.version + 1
               OR told.version <> c.version OR told.state <> c.state
        """,
    ),
    Rule(
        code="INV20",
        promise="A case is refunded when its money was given back, once, and not otherwise.",
        violations="""
            SELECT (
                SELECT count(*) FROM returns_case c
                LEFT JOIN orders_adjustment a ON a.business_key = 'case:' || c.id
                WHERE (c.state IN ('refunded', 'partly')) <> (a.id IS NOT NULL)
                   OR a.seller_order_id <> c.seller_order_id
            ) + (
                SELECT count(*) FROM orders_adjustment a
                WHERE a.business_key LIKE 'case:%' AND NOT EXISTS (
                    SELECT 1 FROM returns_case c WHERE 'case:' || c.id = a.business_key
                )
            )
        """,
    ),
    Rule(
        code="INV20",
        promise="No unit is in two living cases.",
        violations="""
            SELECT count(*) FROM (
                SELECT o.id FROM returns_caseline l
                JOIN returns_case c ON c.id = l.case_id
                JOIN orders_orderline o ON o.id = l.order_line_id
                WHERE c.state NOT IN ('refused', 'declined', 'overtaken', 'closed', 'exchanged')
                GROUP BY o.id, o.quantity HAVING sum(l.quantity) > o.quantity
            ) AS doubled
        """,
    ),
    Rule(
        code="INV18",
        promise="No case waits longer than a day after its deadline, or without one.",
        violations="""
            SELECT count(*) FROM returns_case
            WHERE state IN ('requested', 'approved', 'sent', 'received', 'inspected')
              AND (due_at IS NULL OR due_at < now() - interval '1 day')
        """,
    ),
    Rule(
        code="INV24",
        promise="No case crosses from one seller to another.",
        violations="""
            SELECT count(*) FROM returns_case c
            JOIN orders_sellerorder p ON p.id = c.seller_order_id
            LEFT JOIN returns_caseline l ON l.case_id = c.id
            LEFT JOIN orders_orderline o ON o.id = l.order_line_id
            WHERE c.seller_id <> p.seller_id OR o.seller_order_id <> c.seller_order_id
        """,
    ),
]
