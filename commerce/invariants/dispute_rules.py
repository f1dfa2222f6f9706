"""Rules of disputes: what the shopper's bank gave is neither given nor taken once more."""

from .types import Rule

# What neither refunds nor the bank have taken of a payment; what credit paid and did not
# come back may still go out in its place.
_LEFT = """
    p.captured_minor - lost.amount - coalesce((
        SELECT sum(r.amount_minor - r.covered_minor) FROM payments_refund r
        WHERE r.payment_id = p.id AND r.state <> 'failed'
    ), 0) + coalesce((
        SELECT o.credit_minor FROM orders_order o WHERE o.token = p.order_token
    ), 0) - coalesce((
        SELECT sum(c.issued_minor) FROM credits_credit c
        WHERE c.order_token = p.order_token AND c.source = 'refund'
    ), 0)
"""
_LOST = """
    payments_payment p JOIN (
        SELECT payment_id, sum(amount_minor) AS amount, min(closed_at) AS closed_at
        FROM payments_dispute WHERE state = 'lost' GROUP BY payment_id
    ) AS lost ON lost.payment_id = p.id
"""

DISPUTE_RULES = [
    Rule(
        code="INV7",
        promise="Nobody is given what a lost dispute gave them already.",
        violations=f"""
            SELECT count(*) FROM {_LOST} WHERE {_LEFT} < 0 AND EXISTS (
                SELECT 1 FROM payments_decision d
                WHERE d.payment_id = p.id AND d.at > lost.closed_at
                  AND d.decision IN ('refund retried', 'paid otherwise')
            )
        """,  # noqa: S608
    ),
    Rule(
        code="INV15",
        promise="A failed refund that a lost dispute gave is settled within the hour.",
        violations=f"""
            SELECT count(*) FROM {_LOST} WHERE {_LEFT} <= 0
              AND lost.closed_at < clock_timestamp() - interval '1 hour'
              AND EXISTS (
                SELECT 1 FROM payments_refund r WHERE r.payment_id = p.id AND r.state = 'failed'
              )
        """,  # noqa: S608
    ),
    Rule(
        code="INV15",
        promise="Refunds and disputes together cost a seller no more than the part earned.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p
            JOIN LATERAL (
                SELECT sum(d.amount_minor) AS amount FROM payouts_deduction d
                WHERE d.kind = 'dispute' AND d.seller_order_id = p.id
            ) AS held ON held.amount > 0
            WHERE held.amount - coalesce((
                SELECT sum(e.amount_minor) FROM payouts_earning e
                WHERE e.seller_order_id = p.id AND e.kind = 'credit'
                  AND e.business_key LIKE 'dispute-%'
            ), 0) > greatest(p.earning_minor - coalesce((
                SELECT sum(a.seller_minor) FROM orders_adjustment a
                WHERE a.seller_order_id = p.id
                  AND a.at < clock_timestamp() - interval '1 hour'
            ), 0), 0)
        """,
    ),
]
