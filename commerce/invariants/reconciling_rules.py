"""The rule of what orders, ledger and provider say of the same money."""

from .types import Rule

RECONCILING_RULES = [
    Rule(
        code="INV17",
        promise="No difference between orders, ledger and provider is unexplained after a day.",
        violations="""
            SELECT count(*) FROM reconciling_break
            WHERE resolved_at IS NULL AND found_at < clock_timestamp() - interval '24 hours'
        """,
    ),
]

EXCESS_RULES = [
    Rule(
        code="INV17",
        promise="A refund beyond what was left is a loss in the ledger and somebody's to explain.",
        violations="""
            SELECT count(*) FROM payments_excessrefund x
            WHERE x.found_at < clock_timestamp() - interval '1 hour' AND NOT EXISTS (
                SELECT 1 FROM reconciling_break b
                WHERE b.kind = 'refund' AND b.reference = x.provider_refund
            ) OR x.booked_at IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM ledger_journal j
                JOIN ledger_entry e ON e.journal_id = j.id
                JOIN ledger_account a ON a.id = e.account_id
                WHERE j.business_key = 'refund-sent:' || x.provider_refund
                  AND a.code = 'losses' AND e.amount_minor = x.amount_minor
            )
        """,
    ),
]
