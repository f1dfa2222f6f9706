"""Rules of payments and of the ledger."""

from .types import Rule

# The triggers without which the ledger is only a table.
LEDGER_GUARDS = (
    "journal_balances",
    "journal_append_only",
    "journal_keeps_all",
    "entry_sealed",
    "entries_balance",
    "entry_append_only",
    "entry_keeps_all",
    "account_fixed",
)

PAYMENT_RULES = [
    Rule(
        code="INV19",
        promise="Each move of a payment is on record with its actor and leads to its state.",
        violations="""
            SELECT count(*) FROM payments_payment p
            LEFT JOIN (
                SELECT payment_id, (array_agg(to_state ORDER BY id DESC))[1] AS state,
                    bool_or(actor = '' OR from_state <> coalesce(before, '')) AS broken
                FROM (
                    SELECT m.*, lag(m.to_state) OVER (PARTITION BY payment_id ORDER BY id) AS before
                    FROM payments_paymentmove m
                ) AS history GROUP BY payment_id
            ) AS told ON told.payment_id = p.id
            WHERE told.state IS DISTINCT FROM p.state OR told.broken
        """,
    ),
    Rule(
        code="INV6",
        promise="A cart becomes at most one living order.",
        violations="""
            SELECT count(*) FROM (
                SELECT cart_id FROM orders_order WHERE state <> 'canceled'
                GROUP BY cart_id HAVING count(*) > 1
            ) AS doubled
        """,
    ),
    Rule(
        code="INV6",
        promise="An order has at most one live payment and keeps at most its total.",
        violations="""
            SELECT count(*) FROM (
                SELECT o.id FROM orders_order o JOIN payments_payment p ON p.order_token = o.token
                GROUP BY o.id, o.total_minor
                HAVING count(*) FILTER (WHERE p.state IN ('authorized', 'captured')) > 1
                    OR sum(p.captured_minor - p.refunded_minor) > o.total_minor - o.credit_minor
            ) AS doubled
        """,
    ),
    Rule(
        code="INV7",
        promise="No more is refunded than captured, or captured than asked for.",
        violations="""
            SELECT count(*) FROM payments_payment p
            WHERE p.refunded_minor > p.captured_minor
               OR (p.captured_minor > p.amount_minor AND p.state <> 'orphan')
               OR p.refunded_minor <> (
                    SELECT coalesce(sum(r.amount_minor), 0) FROM payments_refund r
                    WHERE r.payment_id = p.id
               )
        """,
    ),
    Rule(
        code="INV9",
        promise="Captured money is exactly what its order asked for, in the same currency.",
        violations="""
            SELECT count(*) FROM payments_payment p
            LEFT JOIN orders_order o ON o.token = p.order_token
            WHERE p.state = 'captured' AND (
                o.id IS NULL AND NOT EXISTS (
                    SELECT 1 FROM giftcards_purchase g
                    WHERE 'gift-' || g.token = p.order_token AND g.currency = p.currency
                      AND g.amount_minor = p.captured_minor
                ) OR p.currency <> o.currency
                OR o.charged_at IS NULL AND (
                    p.captured_minor <> o.total_minor - o.credit_minor
                    OR p.amount_minor <> o.total_minor - o.credit_minor
                )
            )
        """,
    ),
    Rule(
        code="INV10",
        promise="No order is confirmed without its money, unless its total is nothing.",
        violations="""
            SELECT count(*) FROM orders_order o
            WHERE o.state = 'confirmed' AND o.total_minor > o.credit_minor
              AND o.charged_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM payments_payment p
                WHERE p.order_token = o.token AND p.currency = o.currency AND CASE
                    WHEN o.awaits_capture
                        THEN p.state IN ('authorized', 'review') OR p.renew_by IS NOT NULL
                    ELSE p.state = 'captured'
                        AND p.captured_minor = o.total_minor - o.credit_minor END
            )
        """,
    ),
    Rule(
        code="INV11",
        promise="No order waits for its money for two hours, unless a bank is at work on it.",
        violations="""
            SELECT count(*) FROM orders_order o
            WHERE o.state = 'pending' AND o.placed_at < clock_timestamp() - interval '2 hours'
              AND NOT EXISTS (
                SELECT 1 FROM payments_payment p
                WHERE p.order_token = o.token AND p.state = 'processing'
                  AND coalesce(p.pay_by, 'infinity') > clock_timestamp() - interval '2 hours'
              )
        """,
    ),
    Rule(
        code="INV11",
        promise="Money without a confirmed order is back with its owner within 15 minutes.",
        violations="""
            SELECT count(*) FROM payments_payment p
            LEFT JOIN orders_order o ON o.token = p.order_token
            WHERE p.state IN ('captured', 'orphan')
              AND (p.state = 'orphan' OR o.confirmed_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM giftcards_purchase g
                    WHERE 'gift-' || g.token = p.order_token AND g.paid_at IS NOT NULL
              ))
              AND p.updated_at < clock_timestamp() - interval '15 minutes'
              AND p.captured_minor > (
                    SELECT coalesce(sum(r.amount_minor), 0) FROM payments_refund r
                    WHERE r.payment_id = p.id AND r.state IN ('succeeded', 'settled')
              ) + (
                    SELECT coalesce(sum(c.issued_minor), 0) FROM credits_credit c
                    WHERE c.order_token = p.order_token AND c.source = 'refund'
              )
        """,
    ),
]

PAYMENT_RULES.append(
    Rule(
        code="INV11",
        promise="Reserved money is taken or let go within an hour of when that is due.",
        violations="""
            SELECT count(*) FROM payments_payment p
            WHERE p.state = 'authorized' AND greatest(p.capture_by, coalesce((
                SELECT min(m.at) FROM payments_paymentmove m
                WHERE m.payment_id = p.id AND m.to_state = 'authorized'
            ), p.created_at)) < clock_timestamp() - interval '1 hour'
        """,
    )
)

LEDGER_RULES = [
    Rule(
        code="INV12",
        promise="Every journal has two entries or more and sums to zero in each currency.",
        violations="""
            SELECT count(*) FROM ledger_journal j
            WHERE (SELECT count(*) FROM ledger_entry e WHERE e.journal_id = j.id) < 2
               OR EXISTS (
                    SELECT 1 FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                    WHERE e.journal_id = j.id
                    GROUP BY a.currency HAVING sum(e.amount_minor) <> 0
               )
        """,
    ),
    Rule(
        code="INV13",
        promise="The guards that keep the ledger from being rewritten are awake.",
        violations=f"""
            SELECT {len(LEDGER_GUARDS)} - count(*) FROM pg_trigger
            WHERE tgname IN ({", ".join(f"'{name}'" for name in LEDGER_GUARDS)})
              AND tgrelid IN (
                'ledger_journal'::regclass, 'ledger_entry'::regclass, 'ledger_account'::regclass
              )
              AND tgenabled IN ('O', 'A')
        """,  # noqa: S608
    ),
    Rule(
        code="INV14",
        promise="Every payment that came in and every refund that went out is booked once.",
        violations="""
            SELECT (
                SELECT count(*) FROM payments_payment p
                WHERE p.state IN ('captured', 'orphan') AND (
                    SELECT count(*) FROM ledger_journal j
                    WHERE j.business_key = 'capture:' || p.provider_charge
                ) <> 1
            ) + (
                SELECT count(*) FROM payments_refund r
                WHERE r.state = 'succeeded' AND (
                    SELECT count(*) FROM ledger_journal j
                    WHERE j.business_key = 'refund-sent:' || r.provider_refund
                ) <> 1
            ) + (
                SELECT count(*) FROM payments_refund r
                WHERE r.state = 'settled' AND (
                    SELECT count(*) FROM ledger_journal j
                    WHERE j.business_key = 'refund-settled:' || r.id
                ) <> 1
            ) + (
                SELECT count(*) FROM ledger_journal j
                WHERE j.business_key LIKE 'capture:%' AND NOT EXISTS (
                    SELECT 1 FROM payments_payment p
                    WHERE 'capture:' || p.provider_charge = j.business_key
                )
            )
        """,
    ),
    Rule(
        code="INV14",
        promise="Every adjustment of an order is booked once, at its amounts, and nothing else is.",
        violations="""
            SELECT (
                SELECT count(*) FROM orders_adjustment a
                JOIN orders_sellerorder p ON p.id = a.seller_order_id
                JOIN orders_order o ON o.id = p.order_id
                LEFT JOIN LATERAL (
                    SELECT sum(-e.amount_minor) FILTER (WHERE c.code = 'refunds:owed') AS refund,
                        sum(e.amount_minor) FILTER (WHERE c.code = 'payable:' || p.seller_id)
                            AS seller,
                        sum(e.amount_minor) FILTER (WHERE c.code = 'commission') AS commission,
                        sum(e.amount_minor) FILTER (WHERE c.code = 'losses') AS borne,
                        bool_or(c.currency <> o.currency) AS strange
                    FROM ledger_journal j JOIN ledger_entry e ON e.journal_id = j.id
                    JOIN ledger_account c ON c.id = e.account_id
                    WHERE j.business_key = 'adjustment:' || a.id
                ) AS booked ON true
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN a.uncharged THEN 0 ELSE 1 END AS is_booked
                ) AS one
                WHERE booked.strange
                   OR coalesce(booked.refund, 0) <> a.refund_minor * one.is_booked
                   OR coalesce(booked.seller, 0) <> a.seller_minor * one.is_booked
                   OR coalesce(booked.commission, 0) <> a.commission_minor * one.is_booked
                   OR coalesce(booked.borne, 0)
                        <> (a.borne_minor - a.recovered_minor) * one.is_booked
            ) + (
                SELECT count(*) FROM ledger_journal j
                WHERE j.business_key LIKE 'adjustment:%' AND NOT EXISTS (
                    SELECT 1 FROM orders_adjustment a
                    WHERE 'adjustment:' || a.id = j.business_key
                )
            )
        """,
    ),
    Rule(
        code="INV14",
        promise="What came in is what the ledger says came in, to the cent.",
        violations="""
            SELECT count(*) FROM payments_payment p
            JOIN ledger_journal j ON j.business_key = 'capture:' || p.provider_charge
            WHERE p.state IN ('captured', 'orphan') AND p.captured_minor <> (
                SELECT coalesce(sum(e.amount_minor), 0)
                FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE e.journal_id = j.id AND a.code IN ('stripe', 'stripe:fees')
                  AND a.currency = p.currency
            )
        """,
    ),
    Rule(
        code="INV15",
        promise="A seller is owed what was earned, less what went back and what was transferred.",
        violations="""
            WITH earned AS (
                SELECT p.seller_id, o.currency, sum(
                    p.earning_minor - coalesce((
                        SELECT sum(a.seller_minor) FROM orders_adjustment a
                        WHERE a.seller_order_id = p.id
                    ), 0)
                ) AS amount
                FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
                WHERE p.confirmed_at IS NOT NULL AND NOT o.awaits_capture
                GROUP BY p.seller_id, o.currency
            ), sent AS (
                SELECT seller_id, currency, sum(net_minor) AS amount FROM payouts_earning
                WHERE provider_transfer IS NOT NULL GROUP BY seller_id, currency
            ), other AS (
                SELECT seller_id, currency, sum(amount) AS amount FROM (
                    SELECT seller_id, currency, amount_minor AS amount FROM payouts_earning
                    WHERE kind = 'credit' AND business_key NOT LIKE 'label-void:%'
                        AND business_key NOT LIKE 'adjustment:%'
                    UNION ALL
                    SELECT seller_id, currency, -amount_minor FROM payouts_deduction
                    WHERE kind NOT IN ('adjustment', 'label')
                    UNION ALL
                    SELECT seller_id, currency, -cost_minor FROM fulfillment_label
                    WHERE state IN ('bought', 'voiding') AND payer = 'seller'
                ) AS given GROUP BY seller_id, currency
            ), booked AS (
                SELECT split_part(a.code, ':', 2)::bigint AS seller_id, a.currency,
                    -sum(e.amount_minor) AS amount
                FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE a.code ~ '^payable:[0-9]+$' GROUP BY a.code, a.currency
            )
            SELECT count(*) FROM booked
            FULL JOIN earned USING (seller_id, currency)
            LEFT JOIN sent USING (seller_id, currency)
            LEFT JOIN other USING (seller_id, currency)
            WHERE coalesce(booked.amount, 0) <> coalesce(earned.amount, 0)
                + coalesce(other.amount, 0) - coalesce(sent.amount, 0)
        """,
    ),
    Rule(
        code="INV15",
        promise="What is owed back to shoppers is what was asked to be refunded and is not sent.",
        violations="""
            WITH owed AS (
                SELECT a.currency, -sum(e.amount_minor) AS amount
                FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                WHERE a.code = 'refunds:owed' GROUP BY a.currency
            ), waiting AS (
                SELECT p.currency, sum(r.amount_minor) AS amount
                FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
                WHERE r.state NOT IN ('succeeded', 'settled') GROUP BY p.currency
            )
            SELECT count(*) FROM owed FULL JOIN waiting USING (currency)
            WHERE coalesce(owed.amount, 0) <> coalesce(waiting.amount, 0)
        """,
    ),
    Rule(
        code="INV16",
        promise="Nobody is paid more than was earned and delivered, and each payout adds up.",
        violations="""
            SELECT (
                SELECT count(*) FROM payouts_payout p
                WHERE p.amount_minor <> (
                    SELECT coalesce(sum(e.net_minor), 0) FROM payouts_earning e
                    WHERE e.payout_id = p.id
                )
            ) + (
                SELECT count(*) FROM payouts_earning
                WHERE payout_id IS NOT NULL AND available_at IS NULL
            ) + (
                SELECT count(*) FROM (
                    SELECT a.id FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
                    WHERE a.code ~ '^payable:[0-9]+$' GROUP BY a.id
                    HAVING sum(e.amount_minor) > (
                        SELECT coalesce(sum(d.open_minor), 0) FROM payouts_deduction d
                        WHERE 'payable:' || d.seller_id = a.code AND d.currency = a.currency
                    ) + (
                        SELECT coalesce(sum(l.cost_minor), 0) FROM fulfillment_label l
                        WHERE 'payable:' || l.seller_id = a.code AND l.currency = a.currency
                          AND l.payer = 'seller' AND l.state IN ('bought', 'voiding')
                          AND NOT EXISTS (
                            SELECT 1 FROM payouts_deduction d
                            WHERE d.business_key = 'label:' || l.id
                        )
                    ) + (
                        SELECT coalesce(sum(j.seller_minor), 0) FROM orders_adjustment j
                        JOIN orders_sellerorder p ON p.id = j.seller_order_id
                        WHERE 'payable:' || p.seller_id = a.code AND NOT j.uncharged
                          AND j.seller_minor > 0 AND NOT EXISTS (
                            SELECT 1 FROM payouts_deduction d
                            WHERE d.business_key = 'adjustment:' || j.id
                        )
                    )
                ) AS overdrawn
            )
        """,
    ),
]
