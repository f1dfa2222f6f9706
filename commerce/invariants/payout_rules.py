"""Rules of payouts and parcels: who is paid, when, and out of whose orders."""

from .types import Rule

PAYOUT_RULES = [
    Rule(
        code="INV14",
        promise="Every transfer to a seller is booked once, at its amount, and nothing else is.",
        violations="""
            SELECT (
                SELECT count(*) FROM payouts_earning e
                WHERE e.provider_transfer IS NOT NULL AND e.net_minor IS DISTINCT FROM (
                    SELECT sum(x.amount_minor) FROM ledger_journal j
                    JOIN ledger_entry x ON x.journal_id = j.id
                    JOIN ledger_account a ON a.id = x.account_id
                    WHERE j.business_key = 'transfer:' || e.id
                      AND a.code = 'payable:' || e.seller_id AND a.currency = e.currency
                )
            ) + (
                SELECT count(*) FROM ledger_journal j
                WHERE j.business_key LIKE 'transfer:%' AND NOT EXISTS (
                    SELECT 1 FROM payouts_earning e
                    WHERE 'transfer:' || e.id = j.business_key AND e.provider_transfer IS NOT NULL
                )
            )
        """,
    ),
    Rule(
        code="INV15",
        promise="An earning is its part's goods less commission, plus shipping.",
        violations="""
            SELECT count(*) FROM payouts_earning e
            JOIN orders_sellerorder p ON p.id = e.seller_order_id
            JOIN orders_order o ON o.id = p.order_id
            WHERE e.kind = 'sale' AND (
                e.currency <> o.currency
               OR e.amount_minor <> p.earning_minor - coalesce((
                    SELECT sum(a.seller_minor) FROM orders_adjustment a
                    WHERE a.seller_order_id = p.id AND a.uncharged
               ), 0)
            )
        """,
    ),
    Rule(
        code="INV15",
        promise="Every paid part is set aside for its seller within an hour.",
        violations="""
            SELECT count(*) FROM orders_sellerorder p JOIN orders_order o ON o.id = p.order_id
            WHERE NOT o.awaits_capture
              AND coalesce(o.charged_at, p.confirmed_at) < clock_timestamp() - interval '1 hour'
              AND p.earning_minor > coalesce((
                    SELECT sum(a.seller_minor) FROM orders_adjustment a
                    WHERE a.seller_order_id = p.id AND a.uncharged
              ), 0)
              AND NOT EXISTS (SELECT 1 FROM payouts_earning e WHERE e.seller_order_id = p.id)
        """,
    ),
    Rule(
        code="INV15",
        promise="What was deducted was booked, and what was recovered was taken from earnings.",
        violations="""
            SELECT (
                SELECT count(*) FROM payouts_deduction d
                WHERE d.recovered_minor <> (
                    SELECT coalesce(sum(a.amount_minor), 0) FROM payouts_absorption a
                    WHERE a.deduction_id = d.id
                )
            ) + (
                SELECT count(*) FROM payouts_earning e
                WHERE e.deducted_minor <> (
                    SELECT coalesce(sum(a.amount_minor), 0) FROM payouts_absorption a
                    WHERE a.earning_id = e.id
                )
            ) + (
                SELECT count(*) FROM payouts_deduction d
                WHERE d.amount_minor IS DISTINCT FROM (
                    SELECT sum(x.amount_minor) FROM ledger_journal j
                    JOIN ledger_entry x ON x.journal_id = j.id
                    JOIN ledger_account a ON a.id = x.account_id
                    WHERE j.business_key = d.business_key
                      AND a.code = 'payable:' || d.seller_id AND a.currency = d.currency
                )
            )
        """,
    ),
    Rule(
        code="INV15",
        promise="Every adjustment that costs the seller something is deducted within an hour.",
        violations="""
            SELECT count(*) FROM orders_adjustment a
            WHERE a.seller_minor > 0 AND NOT a.uncharged
              AND a.at < clock_timestamp() - interval '1 hour'
              AND NOT EXISTS (
                SELECT 1 FROM payouts_deduction d
                WHERE d.business_key = 'adjustment:' || a.id AND d.amount_minor = a.seller_minor
              )
        """,
    ),
    Rule(
        code="INV16",
        promise="What was kept back of a sale is set aside for its seller, to the cent.",
        violations="""
            SELECT count(*) FROM payouts_earning s
            WHERE s.kind = 'sale' AND s.reserved_minor <> (
                SELECT coalesce(sum(r.amount_minor), 0) FROM payouts_earning r
                WHERE r.kind = 'reserve' AND r.seller_order_id = s.seller_order_id
            )
        """,
    ),
    Rule(
        code="INV16",
        promise="A payout that was sent has its receipt, and so has each of its transfers.",
        violations="""
            SELECT count(*) FROM payouts_payout p
            WHERE p.state = 'sent' AND (
                p.provider_payout IS NULL OR p.sent_at IS NULL OR EXISTS (
                    SELECT 1 FROM payouts_earning e
                    WHERE e.payout_id = p.id AND e.provider_transfer IS NULL
                )
            )
        """,
    ),
    Rule(
        code="INV18",
        promise="Payouts moved only along the allowed graph.",
        violations="""
            SELECT count(*) FROM payouts_payoutmove
            WHERE (from_state, to_state) NOT IN (
                ('', 'created'), ('created', 'sending'), ('sending', 'sent'),
                ('sending', 'failed'), ('failed', 'sending'), ('sent', 'failed')
            )
        """,
    ),
    Rule(
        code="INV19",
        promise="Each move of a payout is on record with its actor and leads to its state.",
        violations="""
            SELECT count(*) FROM payouts_payout p
            LEFT JOIN (
                SELECT payout_id, (array_agg(to_state ORDER BY id DESC))[1] AS state,
                    bool_or(actor = '' OR from_state <> coalesce(before, '')) AS broken
                FROM (
                    SELECT m.*, lag(m.to_state) OVER (PARTITION BY payout_id ORDER BY id) AS before
                    FROM payouts_payoutmove m
                ) AS history GROUP BY payout_id
            ) AS told ON told.payout_id = p.id
            WHERE told.state IS DISTINCT FROM p.state OR told.broken
        """,
    ),
    Rule(
        code="INV24",
        promise="No parcel, earning or payout crosses from one seller to another.",
        violations="""
            SELECT (
                SELECT count(*) FROM fulfillment_shipment s
                JOIN orders_sellerorder p ON p.id = s.seller_order_id
                WHERE s.seller_id <> p.seller_id
            ) + (
                SELECT count(*) FROM fulfillment_shipmentline l
                JOIN fulfillment_shipment s ON s.id = l.shipment_id
                JOIN orders_orderline o ON o.id = l.order_line_id
                WHERE o.seller_order_id <> s.seller_order_id
            ) + (
                SELECT count(*) FROM payouts_earning e
                JOIN orders_sellerorder p ON p.id = e.seller_order_id
                WHERE e.seller_id <> p.seller_id
            ) + (
                SELECT count(*) FROM payouts_earning e
                JOIN payouts_payout p ON p.id = e.payout_id
                WHERE e.seller_id <> p.seller_id OR e.currency <> p.currency
            )
        """,
    ),
]
