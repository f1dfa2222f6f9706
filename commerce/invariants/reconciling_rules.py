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
