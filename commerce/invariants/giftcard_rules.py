"""Rules of gift cards that shoppers bought: the money, the card and the mail belong together."""

from .types import Rule

GIFT_CARD_RULES = [
    Rule(
        code="INV9",
        promise="A bought gift card is worth what one captured payment brought, and none is made else.",  # noqa: E501
        violations="""
            SELECT (
                SELECT count(*) FROM giftcards_purchase g
                LEFT JOIN credits_credit c ON c.id = g.credit_id
                WHERE CASE WHEN g.paid_at IS NULL THEN g.credit_id IS NOT NULL ELSE
                    c.id IS NULL OR c.kind <> 'gift_card' OR c.source <> 'purchase'
                    OR (c.issued_minor, c.currency) <> (g.amount_minor, g.currency)
                    OR (
                        SELECT count(*) FROM payments_payment p
                        WHERE p.order_token = 'gift-' || g.token AND p.state = 'captured'
                          AND p.captured_minor = g.amount_minor AND p.currency = g.currency
                    ) <> 1
                END
            ) + (
                SELECT count(*) FROM credits_credit c WHERE c.source = 'purchase' AND (
                    SELECT count(*) FROM giftcards_purchase g WHERE g.credit_id = c.id
                ) <> 1
            )
        """,
    ),
    Rule(
        code="INV14",
        promise="Between the money of a gift card and what is owed on it nothing stays.",
        violations="""
            SELECT count(*) FROM (
                SELECT a.currency FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE a.code = 'giftcards:sold' GROUP BY a.currency HAVING sum(e.amount_minor) <> 0
            ) AS uneven
        """,
    ),
    Rule(
        code="INV7",
        promise="A gift card that was given back is void, and gave back what was left on it.",
        violations="""
            SELECT count(*) FROM giftcards_purchase g
            LEFT JOIN credits_credit c ON c.id = g.credit_id
            WHERE CASE WHEN g.state = 'refunded' THEN
                c.voided_at IS NULL OR c.balance_minor <> 0
                OR c.spent_minor + g.refunded_minor > c.issued_minor
                OR g.refunded_minor <> coalesce((
                    SELECT sum(e.amount_minor) FROM ledger_journal j
                    JOIN ledger_entry e ON e.journal_id = j.id
                    JOIN ledger_account a ON a.id = e.account_id
                    WHERE j.business_key = 'credit-taken-back:' || c.id AND a.code = 'giftcards'
                ), 0)
                OR g.refunded_minor <> coalesce((
                    SELECT sum(r.amount_minor) FROM payments_refund r
                    WHERE r.business_key = 'gift-refund:' || g.id
                ), 0) + coalesce((
                    SELECT sum(u.amount_minor) FROM payments_founduse u
                    WHERE u.business_key = 'gift-refund:' || g.id
                ), 0)
                ELSE EXISTS (
                    SELECT 1 FROM payments_refund r WHERE r.business_key = 'gift-refund:' || g.id
                )
            END
        """,
    ),
    Rule(
        code="INV7",
        promise="Nobody can spend a gift card whose whole price was given back at the provider.",
        violations="""
            SELECT count(*) FROM giftcards_purchase g
            JOIN credits_credit c ON c.id = g.credit_id
            JOIN payments_payment p
                ON p.order_token = 'gift-' || g.token AND p.state = 'captured'
            WHERE g.state = 'paid' AND c.balance_minor > 0
              AND c.blocked_at IS NULL AND c.voided_at IS NULL
              AND (
                SELECT coalesce(sum(r.amount_minor), 0) FROM payments_refund r
                WHERE r.payment_id = p.id AND r.business_key LIKE 'found:%'
                  AND r.state NOT IN ('failed', 'settled')
                  AND r.created_at < clock_timestamp() - interval '15 minutes'
              ) >= p.captured_minor
        """,
    ),
    Rule(
        code="INV11",
        promise="No gift card waits for its money for two hours, unless a bank is at work on it.",
        violations="""
            SELECT count(*) FROM giftcards_purchase g
            WHERE g.state = 'pending' AND g.created_at < clock_timestamp() - interval '2 hours'
              AND NOT EXISTS (
                SELECT 1 FROM payments_payment p WHERE p.order_token = 'gift-' || g.token
                  AND p.state IN ('processing', 'review')
              )
        """,
    ),
    Rule(
        code="INV11",
        promise="A paid gift card is sent within two hours of when its day begins.",
        violations="""
            SELECT count(*) FROM giftcards_purchase g JOIN credits_credit c ON c.id = g.credit_id
            WHERE g.state = 'paid' AND g.delivered_at IS NULL AND c.blocked_at IS NULL
              AND c.voided_at IS NULL
              AND greatest(g.paid_at, coalesce(g.deliver_on::timestamp AT TIME ZONE 'UTC', g.paid_at))
                < clock_timestamp() - interval '2 hours'
        """,  # noqa: E501
    ),
    Rule(
        code="INV19",
        promise="Each move of a purchase of a gift card is on record and leads to its state.",
        violations="""
            SELECT count(*) FROM giftcards_purchase g
            LEFT JOIN (
                SELECT purchase_id, (array_agg(to_state ORDER BY id DESC))[1] AS state,
                    bool_or(actor = '') AS broken
                FROM giftcards_purchasemove GROUP BY purchase_id
            ) AS told ON told.purchase_id = g.id
            WHERE told.state IS DISTINCT FROM g.state OR told.broken
        """,
    ),
]
