"""What states are called in the admin."""

from commerce.orders.types import OrderData, SellerOrderData

OPEN_STATES = ("confirmed", "processing")
ORDER_STATES = {
    "confirmed": "To ship",
    "processing": "Being packed or partly shipped",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "canceled": "Canceled",
    "returned": "Returned",
}
ORDER_STAGES = {
    "reserved": "Not charged yet",
    "confirmed": "To ship",
    "processing": "Being packed",
    "partly-shipped": "Partly shipped",
    **{state: words for state, words in ORDER_STATES.items() if state not in OPEN_STATES},
}
"""What a seller reads of a part: its state, told apart by what is left to do."""
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
SUMMARIES = {"pending": "Waiting for payment", **ORDER_STAGES}
"""What staff read of an order: what is left to do for its parts together."""
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
MOVES = {"pending": "Placed", "processing": "Being prepared"}
"""What a move of a part is called, where that is not the name of where it leads."""
DRAFT_STATES = {"offered": "Can be paid", "paid": "Ordered", "expired": "Lapsed"}
_KINDS = {
    "draft": DRAFT_STATES,
    "case": CASE_STATES,
    "whole order": WHOLE_ORDER_STATES,
    "summary": SUMMARIES,
    "order": ORDER_STAGES,
    "move": MOVES,
    "payout": PAYOUT_STATES,
    "page": PAGE_STATES,
}


def stage_of(part: SellerOrderData) -> str:
    """Return the stage of a seller's part, which `ORDER_STAGES` names."""
    return "reserved" if part.awaits_capture and part.state in OPEN_STATES else part.stage


def summary_of(order: OrderData) -> str:
    """Return where an order stands, all its parts together, which `SUMMARIES` names."""
    return "reserved" if order.awaits_capture and order.status == "confirmed" else order.status


def name_of(state: str, *, kind: str = "") -> str:
    """Return what a state is called; without a kind, the state itself."""
    return _KINDS.get(kind, {}).get(state, state.replace("-", " ").capitalize())
