"""Where a case may go, by kind. The database holds the same table."""

CASE_MOVES: dict[str, dict[str, tuple[str, ...]]] = {
    "cancel": {
        "requested": ("refunded", "refused", "overtaken", "closed"),
        "refused": ("refunded", "overtaken"),
    },
    "return": {
        "requested": ("approved", "refused", "closed"),
        "refused": ("approved",),
        "approved": ("sent", "received", "closed"),
        "sent": ("received", "closed"),
        "received": ("inspected",),
        "inspected": ("refunded", "partly", "declined", "exchanged"),
        "declined": ("refunded", "partly"),
    },
    "claim": {
        "requested": ("refunded", "exchanged", "refused", "escalated", "closed"),
        "escalated": ("refunded", "exchanged", "refused", "closed"),
        "refused": ("refunded", "exchanged", "escalated"),
    },
}
DEAD = ("refused", "declined", "overtaken", "closed", "exchanged")
"""States in which a case holds no unit any more: another case may be about it."""
