"""The comparisons, over the tables of all who book: each row is one difference."""

# Which journals a movement at the provider must have.
_EXPECTED = """
    SELECT m.*, m.amount_minor - m.fee_minor AS net_minor, CASE
        WHEN m.kind IN ('charge', 'payment') THEN ARRAY['capture:' || m.source, 'fee:' || m.source]
        WHEN m.kind IN ('refund', 'payment_refund') THEN ARRAY['refund-sent:' || m.source]
        WHEN m.kind = 'refund_failure' THEN ARRAY['refund-returned:' || m.source]
        WHEN m.kind = 'adjustment' THEN ARRAY['dispute-moved:' || m.provider_id]
        WHEN m.kind = 'transfer' THEN ARRAY(
            SELECT 'transfer:' || e.id FROM payouts_earning e WHERE e.provider_transfer = m.source
        )
        ELSE ARRAY['movement:' || m.provider_id]
    END AS keys
    FROM reconciling_movement m
"""

_BOOKED = """
    SELECT j.business_key, a.currency, sum(e.amount_minor) AS amount
    FROM ledger_journal j
    JOIN ledger_entry e ON e.journal_id = j.id
    JOIN ledger_account a ON a.id = e.account_id
    WHERE a.code = 'stripe' GROUP BY j.business_key, a.currency
"""

# What the provider moved against what is booked. A refund that is on its way is booked
# when the bank has it.
PROVIDER_TO_LEDGER = f"""
WITH expected AS ({_EXPECTED} WHERE m.moved_at >= %(since)s), compared AS (
    SELECT x.*, count(j.id) AS journals, coalesce((
        SELECT sum(b.amount) FROM ({_BOOKED}) AS b
        WHERE b.business_key = ANY (x.keys) AND b.currency = x.currency
    ), 0) AS booked_minor
    FROM expected x LEFT JOIN ledger_journal j ON j.business_key = ANY (x.keys)
    GROUP BY x.id, x.provider_id, x.kind, x.source, x.amount_minor, x.fee_minor, x.currency,
        x.moved_at, x.net_minor, x.keys
)
SELECT CASE
        WHEN c.journals = 0 THEN 'not-booked'
        WHEN p.captured_minor = c.amount_minor THEN 'fee'
        ELSE 'amount'
    END AS kind, c.provider_id AS reference, c.net_minor - c.booked_minor AS amount, c.currency,
    c.kind || ' ' || c.source || ': ' || c.net_minor || ' at the provider, '
        || c.booked_minor || ' booked' AS detail
FROM compared c LEFT JOIN payments_payment p ON p.provider_charge = c.source
WHERE (c.journals = 0 OR c.net_minor <> c.booked_minor) AND NOT EXISTS (
    SELECT 1 FROM payments_refund r
    WHERE r.provider_refund = c.source AND r.state IN ('requested', 'pending')
)
"""  # noqa: S608

# What is booked against what the provider moved, once it had time to tell us.
LEDGER_TO_PROVIDER = f"""
WITH moved AS (SELECT unnest(x.keys) AS key FROM ({_EXPECTED}) AS x)
SELECT 'not-moved' AS kind, j.business_key AS reference, -sum(e.amount_minor) AS amount,
    a.currency, j.kind || ' ' || j.memo AS detail
FROM ledger_journal j
JOIN ledger_entry e ON e.journal_id = j.id JOIN ledger_account a ON a.id = e.account_id
WHERE a.code = 'stripe' AND j.posted_at BETWEEN %(since)s AND %(until)s
  AND NOT EXISTS (SELECT 1 FROM moved WHERE moved.key = j.business_key)
GROUP BY j.id, j.business_key, a.currency, j.kind, j.memo
"""  # noqa: S608

# Orders against payments: what was asked for is what was captured. Reserved money is not
# compared before it is taken; what was given up until then is not asked for.
# Gift cards that shoppers bought ask for their money as orders do.
ORDERS_TO_PAYMENTS = """
SELECT 'order' AS kind, coalesce(o.number, p.order_token) AS reference,
    coalesce(p.taken_minor, 0) - coalesce(o.due_minor, 0) AS amount,
    coalesce(o.currency, p.currency) AS currency,
    'due ' || coalesce(o.due_minor, 0) || ', captured ' || coalesce(p.taken_minor, 0) AS detail
FROM (
    SELECT id, number, token, currency, due_minor FROM (
        SELECT *, total_minor - credit_minor - CASE
            WHEN charged_at IS NULL AND state = 'confirmed' THEN 0 ELSE orders_uncharged(id)
        END AS due_minor
        FROM orders_order
        WHERE confirmed_at IS NOT NULL AND NOT awaits_capture AND placed_at >= %(since)s
    ) AS asked WHERE due_minor > 0
    UNION ALL
    SELECT -id, 'G-' || lpad(id::text, 6, '0'), 'gift-' || token, currency, amount_minor
    FROM giftcards_purchase WHERE paid_at IS NOT NULL AND created_at >= %(since)s
) AS o
FULL JOIN (
    SELECT *, captured_minor - coalesce((
        SELECT sum(r.amount_minor) FROM payments_refund r
        WHERE r.payment_id = payments_payment.id
            AND r.business_key = 'over:' || payments_payment.id
    ), 0) AS taken_minor
    FROM payments_payment WHERE state = 'captured' AND created_at >= %(since)s
) AS p ON p.order_token = o.token
WHERE o.id IS NULL AND NOT EXISTS (
        SELECT 1 FROM orders_order x WHERE x.token = p.order_token AND x.confirmed_at IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM giftcards_purchase x
        WHERE 'gift-' || x.token = p.order_token AND x.paid_at IS NOT NULL)
    OR p.id IS NULL AND NOT EXISTS (
        SELECT 1 FROM payments_payment x WHERE x.order_token = o.token AND x.state = 'captured')
    OR p.taken_minor <> o.due_minor
"""

# What was refunded in the provider's dashboard beyond what was left: booked as a loss, so that
# the balances agree, and nevertheless to be explained.
EXCESS_REFUNDS = """
SELECT 'refund' AS kind, x.provider_refund AS reference, -x.amount_minor AS amount, p.currency,
    'refund of ' || x.amount_minor || ' in the provider''s dashboard, when '
        || x.left_minor || ' were left' AS detail
FROM payments_excessrefund x JOIN payments_payment p ON p.id = x.payment_id
WHERE x.found_at >= %(since)s
"""

KEEP_MOVEMENT = """
INSERT INTO reconciling_movement
    (provider_id, kind, source, amount_minor, fee_minor, currency, moved_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (provider_id) DO UPDATE SET
    amount_minor = EXCLUDED.amount_minor, fee_minor = EXCLUDED.fee_minor, kind = EXCLUDED.kind
"""

# A difference that somebody explained stays explained; one that had gone is open again.
KEEP_BREAK = """
INSERT INTO reconciling_break AS known
    (kind, reference, amount_minor, currency, detail, found_at, seen_at, resolution, resolved_by)
VALUES (%s, %s, %s, %s, %s, clock_timestamp(), clock_timestamp(), '', '')
ON CONFLICT (kind, reference) DO UPDATE SET
    amount_minor = EXCLUDED.amount_minor, detail = EXCLUDED.detail, seen_at = clock_timestamp(),
    found_at = CASE WHEN {anew} THEN clock_timestamp() ELSE known.found_at END,
    resolution = CASE WHEN {anew} THEN '' ELSE known.resolution END,
    resolved_at = CASE WHEN {anew} THEN NULL ELSE known.resolved_at END,
    resolved_by = CASE WHEN {anew} THEN '' ELSE known.resolved_by END
RETURNING id
""".format(
    anew="(known.resolved_by = 'reconciling' OR known.amount_minor <> EXCLUDED.amount_minor)"
)
