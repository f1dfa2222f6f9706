"""What states are called in the admin."""

ORDER_STATES = {
    "confirmed": "To ship",
    "processing": "In progress",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "canceled": "Canceled",
    "returned": "Returned",
}
PAYOUT_STATES = {
    "created": "Being prepared",
    "sending": "On its way",
    "sent": "Sent",
    "failed": "Delayed",
}
PAGE_STATES = {
    "draft": "Draft",
    "waiting": "Waiting for approval",
    "live": "Live",
    "archived": "Archived",
}
WHOLE_ORDER_STATES = {
    "pending": "Waiting for payment",
    "confirmed": "Confirmed",
    "canceled": "Canceled",
}
CASE_STATES = {
    "requested": "Waiting for your answer",
    "escalated": "With the marketplace",
    "approved": "Waiting for the parcel",
    "sent": "Coming back",
    "received": "To look at",
    "inspected": "Looked at",
    "refunded": "Refunded",
    "partly": "Partly refunded",
    "exchanged": "Exchanged",
    "refused": "Refused",
    "declined": "Not accepted",
    "overtaken": "Sent meanwhile",
    "closed": "Taken back, or never sent",
}
DRAFT_STATES = {"offered": "Can be paid", "paid": "Ordered", "expired": "Lapsed"}
_KINDS = {
    "draft": DRAFT_STATES,
    "case": CASE_STATES,
    "whole order": WHOLE_ORDER_STATES,
    "order": {**ORDER_STATES, "partly-shipped": "Partly shipped", "reserved": "Not charged yet"},
    "payout": PAYOUT_STATES,
    "page": PAGE_STATES,
}


def name_of(state: str, *, kind: str = "") -> str:
    """Return what a state is called; without a kind, the state itself."""
    return _KINDS.get(kind, {}).get(state, state.replace("-", " ").capitalize())
