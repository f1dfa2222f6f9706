"""Rules of gift cards and store credit."""

from .types import Rule

CREDIT_RULES = [
    Rule(
        code="INV23",
        promise="What was issued as gift card or credit is spent, left or expired; none is below zero.",  # noqa: E501
        violations="""
            SELECT count(*) FROM credits_credit
            WHERE issued_minor <> spent_minor + balance_minor + expired_minor
               OR least(spent_minor, balance_minor, expired_minor) < 0
        """,
    ),
    Rule(
        code="INV23",
        promise="What a gift card or credit says was spent is what orders took from it.",
        violations="""
            SELECT count(*) FROM credits_credit c WHERE c.spent_minor <> (
                SELECT coalesce(sum(s.amount_minor), 0) FROM credits_spend s
                WHERE s.credit_id = c.id AND s.state <> 'released'
            )
        """,
    ),
    Rule(
        code="INV23",
        promise="The ledger owes on gift cards and credit exactly what is left on them or held.",
        violations="""
            WITH owed AS (
                SELECT a.code, a.currency, -sum(e.amount_minor) AS amount
                FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE a.code IN ('giftcards', 'credits') GROUP BY a.code, a.currency
            ), held AS (
                SELECT credit_id, sum(amount_minor) AS amount FROM credits_spend
                WHERE state = 'held' GROUP BY credit_id
            ), alive AS (
                SELECT CASE c.kind WHEN 'gift_card' THEN 'giftcards' ELSE 'credits' END AS code,
                    c.currency, sum(c.balance_minor + coalesce(h.amount, 0)) AS amount
                FROM credits_credit c LEFT JOIN held h ON h.credit_id = c.id GROUP BY 1, 2
            )
            SELECT count(*) FROM owed FULL JOIN alive USING (code, currency)
            WHERE coalesce(owed.amount, 0) <> coalesce(alive.amount, 0)
        """,
    ),
    Rule(
        code="INV8",
        promise="What an order says was paid by credit is what it took, held or spent as it stands.",  # noqa: E501
        violations="""
            SELECT count(*) FROM orders_order o
            LEFT JOIN LATERAL (
                SELECT coalesce(sum(s.amount_minor), 0) AS taken,
                    count(*) FILTER (WHERE NOT CASE o.state
                        WHEN 'pending' THEN s.state = 'held'
                        WHEN 'confirmed' THEN s.state = 'spent'
                        ELSE s.state <> 'held' END) AS wrong
                FROM credits_spend s WHERE s.order_token = o.token
            ) AS credit ON true
            WHERE o.credit_minor <> credit.taken OR credit.wrong > 0
        """,
    ),
    Rule(
        code="INV7",
        promise="An order gives no more back, to its card and as credit, than it brought.",
        violations="""
            SELECT count(*) FROM orders_order o
            WHERE (
                SELECT coalesce(sum(p.refunded_minor - p.captured_minor), 0)
                FROM payments_payment p WHERE p.order_token = o.token
            ) + (
                SELECT coalesce(sum(c.issued_minor), 0) FROM credits_credit c
                WHERE c.order_token = o.token AND c.source = 'refund'
            ) > (
                SELECT coalesce(sum(s.amount_minor), 0) FROM credits_spend s
                WHERE s.order_token = o.token AND s.state = 'spent'
            )
        """,
    ),
]
