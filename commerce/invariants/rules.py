"""All rules that exist so far, by code."""

from .access_rules import ACCESS_RULES
from .audit_rules import AUDIT_RULES
from .capture_rules import CAPTURE_RULES
from .case_rules import CASE_RULES
from .credit_rules import CREDIT_RULES
from .dispute_rules import DISPUTE_RULES
from .document_rules import DOCUMENT_RULES
from .giftcard_rules import GIFT_CARD_RULES
from .goodwill_rules import GOODWILL_RULES
from .money_rules import LEDGER_RULES, PAYMENT_RULES
from .order_rules import ORDER_RULES
from .payout_rules import PAYOUT_RULES
from .promotion_rules import PROMOTION_RULES
from .reconciling_rules import EXCESS_RULES, RECONCILING_RULES
from .shipping_rules import SHIPPING_RULES
from .stock_rules import STOCK_RULES
from .types import Rule

RULES: list[Rule] = sorted(
    [
        *STOCK_RULES,
        *PAYMENT_RULES,
        *LEDGER_RULES,
        *CREDIT_RULES,
        *ORDER_RULES,
        *CASE_RULES,
        *PAYOUT_RULES,
        *DISPUTE_RULES,
        *GOODWILL_RULES,
        *SHIPPING_RULES,
        *RECONCILING_RULES,
        *PROMOTION_RULES,
        *DOCUMENT_RULES,
        *AUDIT_RULES,
        *ACCESS_RULES,
        *CAPTURE_RULES,
        *GIFT_CARD_RULES,
        *EXCESS_RULES,
    ],
    key=lambda rule: int(rule.code.removeprefix("INV")),
)
