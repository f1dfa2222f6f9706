"""Where a case may go, by kind. The database holds the same table."""

from datetime import timedelta

_SETTLED = ("refunded", "declined", "closed")
CASE_MOVES: dict[str, dict[str, tuple[str, ...]]] = {
    "cancel": {
        "requested": ("refunded", "refused", "overtaken", "closed"),
        "refused": ("refunded", "overtaken"),
    },
    "return": {
        "requested": ("approved", "refused", "closed"),
        "refused": ("approved", "escalated"),
        "approved": ("sent", "received", "closed", "escalated"),
        "sent": ("received", "closed", "escalated"),
        "received": ("inspected", "escalated"),
        "inspected": ("refunded", "partly", "declined", "exchanged"),
        "declined": ("refunded", "partly", "escalated"),
        "escalated": ("approved", "refused", "sent", "received", "inspected", *_SETTLED),
    },
    "claim": {
        "requested": ("refunded", "exchanged", "refused", "escalated", "closed"),
        "escalated": ("refunded", "exchanged", "refused", "closed"),
        "refused": ("refunded", "exchanged", "escalated"),
    },
}
DEAD = ("refused", "declined", "overtaken", "closed", "exchanged")
"""States in which a case holds no unit any more: another case may be about it."""
APPEAL_WITHIN = timedelta(days=14)
"""How long after a seller's no the shopper may ask the marketplace."""
