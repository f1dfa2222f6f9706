"""Rules of goodwill, which is for what shoppers keep, and of refunds that were made elsewhere."""

from .types import Rule

GOODWILL_RULES = [
    Rule(
        code="INV20",
        promise="When nothing of a part is kept, goodwill for it is settled, and nobody bears it.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p JOIN (
                SELECT seller_order_id,
                    sum(goods_minor + shipping_minor + tax_minor) AS gross,
                    sum(goodwill_minor - advanced_minor - withheld_minor) AS given,
                    coalesce(sum(borne_minor) FILTER (WHERE kind = 'goodwill'), 0)
                        - sum(recovered_minor) - sum(withheld_minor) AS borne
                FROM orders_adjustment GROUP BY seller_order_id
            ) AS back ON back.seller_order_id = p.id
            WHERE back.gross = p.total_minor AND (back.given > 0 OR back.borne > 0)
        """,
    ),
    Rule(
        code="INV14",
        promise="What a refund made elsewhere was for is booked once, and is no more than it gave.",
        violations="""
            SELECT (
                SELECT count(*) FROM (
                    SELECT business_key, sum(amount_minor) AS amount FROM payments_founduse
                    GROUP BY business_key
                ) AS used FULL JOIN (
                    SELECT substr(j.business_key, 12) AS business_key,
                        -sum(e.amount_minor) AS amount
                    FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id
                    JOIN ledger_account a ON a.id = e.account_id AND a.code = 'losses'
                    WHERE j.business_key LIKE 'found-used:%' GROUP BY j.business_key
                ) AS booked USING (business_key)
                WHERE used.amount IS DISTINCT FROM booked.amount
            ) + (
                SELECT count(*) FROM payments_refund r
                WHERE r.amount_minor < (
                    SELECT sum(u.amount_minor) FROM payments_founduse u WHERE u.refund_id = r.id
                )
            )
        """,
    ),
]
