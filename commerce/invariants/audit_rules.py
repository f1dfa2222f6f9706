"""Rules of what was written down for good."""

from commerce.audit.types import SEALED as AUDIT
from commerce.ledger.types import SEALED as LEDGER

from .types import Rule

AUDIT_RULES = [
    Rule(
        code="INV13",
        promise="The audit log of every sealed day is as it was sealed.",
        violations=AUDIT.violations,
    ),
    Rule(
        code="INV13",
        promise="The ledger of every sealed day is as it was sealed.",
        violations=LEDGER.violations,
    ),
]
