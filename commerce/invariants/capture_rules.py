"""Rules of orders whose money is reserved first and taken when all is ready."""

from .types import Rule

CAPTURE_RULES = [
    Rule(
        code="INV7",
        promise="Of reserved money exactly what went ahead was taken; what was taken over is back.",
        violations="""
            SELECT count(*) FROM orders_order o
            CROSS JOIN LATERAL (
                SELECT o.total_minor - orders_uncharged(o.id) AS minor
            ) AS due
            WHERE o.charged_at IS NOT NULL AND (
                o.awaits_capture OR due.minor < 0 OR due.minor > 0 AND NOT EXISTS (
                    SELECT 1 FROM payments_payment p
                    WHERE p.order_token = o.token AND p.currency = o.currency
                      AND p.state = 'captured' AND p.captured_minor <= p.amount_minor
                      AND p.captured_minor - due.minor = (
                        SELECT coalesce(sum(r.amount_minor), 0) FROM payments_refund r
                        WHERE r.payment_id = p.id AND r.business_key = 'over:' || p.id
                      )
                )
            )
        """,
    ),
    Rule(
        code="INV10",
        promise="Nothing left the house, and no label was bought, before its money was taken.",
        violations="""
            SELECT (
                SELECT count(*) FROM orders_order o
                JOIN orders_sellerorder p ON p.order_id = o.id
                WHERE o.awaits_capture AND (
                    p.state IN ('shipped', 'delivered', 'returned')
                    OR EXISTS (
                        SELECT 1 FROM orders_orderline l
                        WHERE l.seller_order_id = p.id AND l.shipped_quantity > 0
                    )
                    OR EXISTS (
                        SELECT 1 FROM fulfillment_label f WHERE f.seller_order_id = p.id
                    )
                )
            ) + (
                SELECT count(*) FROM fulfillment_shipment s
                JOIN orders_sellerorder p ON p.id = s.seller_order_id
                JOIN orders_order o ON o.id = p.order_id
                WHERE o.charged_at > s.shipped_at
            )
        """,
    ),
    Rule(
        code="INV14",
        promise="Nothing is booked of an order whose money is only reserved.",
        violations="""
            SELECT (
                SELECT count(*) FROM orders_order o
                JOIN payments_payment p ON p.order_token = o.token
                JOIN ledger_journal j ON j.business_key = 'capture:' || p.provider_charge
                WHERE o.awaits_capture AND p.state <> 'orphan'
            ) + (
                SELECT count(*) FROM orders_order o
                JOIN orders_sellerorder p ON p.order_id = o.id
                JOIN payouts_earning e ON e.seller_order_id = p.id AND e.kind = 'sale'
                WHERE o.awaits_capture
            )
        """,
    ),
]
