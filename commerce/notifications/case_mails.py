"""Mails about cancellations, returns, claims, withdrawals and changed addresses."""

from typing import Any

from commerce.orders.types import OrderData, SellerOrderData
from commerce.returns.types import CaseData, WithdrawalData
from commerce.sellers.types import MemberData, SellerData

from .mails import SELLER_ORDERS, Mail
from .rendering import absolute

SELLER_CASES = "/admin/selling/requests/"
KINDS = {"cancel": "cancellation", "return": "return", "claim": "claim"}
BACK = {
    "method": "the way you paid",
    "store_credit": "your store credit",
    "gift_card": "a gift card, which comes by email",
}


def to_shopper(case: CaseData, shop: str, *, from_state: str, to_state: str) -> Mail | None:
    """To the shopper: what became of a request; None for steps that they took themselves."""
    told = _for_shopper(case, shop, to_state)
    if told is None:
        return None
    heading, text = told
    link = absolute(f"/orders/track/{case.order_token}/requests/{case.number}/")
    return {
        "key": f"case:{case.id}:{from_state}:{to_state}",
        "kind": "case",
        "recipient": case.email,
        "subject": f"{heading} ({case.number})",
        "context": {
            "heading": heading,
            "text": text,
            "number": case.order_number,
            "link": link,
            "label": "See your request",
            "items": _items(case),
            "why_you": f"this address was given with order {case.order_number}",
        },
    }


def _for_shopper(case: CaseData, shop: str, state: str) -> tuple[str, list[str]] | None:
    kind = KINDS[case.kind]
    due = f"{case.due_at:%-d %B %Y, %H:%M} UTC" if case.due_at else ""
    then = {
        "cancel": "Without an answer it is canceled.",
        "return": "Without an answer it is approved.",
        "claim": "Without an answer Stoa decides.",
    }[case.kind]
    refund = f"{case.refund} goes back to {BACK[case.refund_to]}." if case.refund else ""
    texts: dict[str, tuple[str, list[str]]] = {
        "requested": (
            f"We asked {shop} about your {kind}",
            [f"{shop} answers until {due}. {then}"],
        ),
        "approved": (
            "Please send it back",
            [f"Send the items to: {case.return_to}", "Put the return slip into the parcel."],
        ),
        "refused": (f"{shop} refused your {kind}", [f"The reason: {case.answer}"]),
        "declined": (f"{shop} did not accept what came back", [f"The reason: {case.answer}"]),
        "refunded": (
            "Canceled and refunded" if case.kind == "cancel" else "Your refund is on its way",
            [refund],
        ),
        "partly": ("A part of it is refunded", [refund, f"The reason: {case.answer}"]),
        "exchanged": ("Your replacement is agreed", [f"{shop} sends it and tells you when."]),
        "overtaken": (
            "It had left already",
            ["It could not be canceled any more. You can send it back once it has come."],
        ),
        "escalated": ("Stoa looks at your claim", [f"{shop} did not settle it, so we decide."]),
        "received": (f"{shop} has your parcel", ["They look at it and decide."]),
    }
    if state == "requested" and not case.due_at:
        return None
    return texts.get(state)


def to_seller(
    case: CaseData, seller: SellerData, member: MemberData, *, from_state: str, to_state: str
) -> Mail | None:
    """To a seller's people: a shopper wants something, or a rule decided."""
    kind = KINDS[case.kind]
    due = f"{case.due_at:%-d %B %Y, %H:%M} UTC" if case.due_at else ""
    then = {
        "cancel": "After that it is canceled.",
        "return": "After that it is approved.",
        "claim": "After that the marketplace decides.",
    }[case.kind]
    texts = {
        "requested": (
            f"A shopper asks for a {kind}",
            [f"{case.reason_label}. {case.note}".strip(), f"Please answer until {due}. {then}"],
        ),
        "approved": ("A return was approved", [case.answer]),
        "sent": ("A parcel is coming back", [f"Tracking number: {case.tracking_number or 'none'}"]),
        "refunded": (
            "Canceled: do not send it" if case.kind == "cancel" else "A shopper was refunded",
            [f"{case.refund} goes back to the shopper." if case.refund else "", case.answer],
        ),
        "closed": (f"The shopper took a {kind} back", ["There is nothing to do."]),
        "escalated": ("A claim went to the marketplace", [case.answer]),
    }
    told = texts.get(to_state)
    if told is None or (to_state == "requested" and not case.due_at):
        return None
    return {
        "key": f"case-seller:{case.id}:{from_state}:{to_state}:{member.user_id}",
        "kind": "case",
        "recipient": member.email,
        "subject": f"{told[0]} ({case.number})",
        "context": {
            "heading": told[0],
            "text": [line for line in told[1] if line],
            "number": case.part_number,
            "link": absolute(f"{SELLER_CASES}{case.number}/"),
            "label": "Open the request",
            "items": _items(case),
            "why_you": f"you work for {seller.name}",
        },
    }


def replacement_sent(case: CaseData, shop: str) -> Mail:
    """To the shopper: what replaces the returned goods is on its way."""
    number = case.replacement_tracking
    return {
        "key": f"replacement:{case.id}",
        "kind": "case",
        "recipient": case.email,
        "subject": f"Your replacement is on its way ({case.number})",
        "context": {
            "heading": "Your replacement is on its way",
            "text": [f"{shop} sent it." + (f" Tracking number: {number}" if number else "")],
            "number": case.order_number,
            "link": absolute(f"/orders/track/{case.order_token}/requests/{case.number}/"),
            "label": "See your request",
            "items": _items(case),
            "why_you": f"this address was given with order {case.order_number}",
        },
    }


def withdrawal_receipt(declared: WithdrawalData) -> Mail:
    """To whoever withdrew: the declaration, word for word, with date and time."""
    return {
        "key": f"withdrawal:{declared.id}",
        "kind": "withdrawal_receipt",
        "recipient": declared.email,
        "subject": f"Receipt of your withdrawal, order {declared.order_number}",
        "context": {
            "declared": declared,
            "number": declared.order_number,
            "link": absolute(f"/orders/track/{declared.order_token}/"),
        },
    }


def readdressed(
    order: OrderData, part: SellerOrderData, seller: SellerData, member: MemberData, serial: int
) -> Mail:
    """To a seller's people: the order goes to another address."""
    place = ", ".join(str(part.ship_to.get(key) or "") for key in ("line1", "city", "postal_code"))
    return {
        "key": f"readdressed:{part.id}:{serial}:{member.user_id}",
        "kind": "case",
        "recipient": member.email,
        "subject": f"Order {part.number} goes to another address",
        "context": {
            "heading": "An order goes to another address",
            "text": [f"It now goes to {order.ship_to.get('name', '')}, {place}."],
            "number": part.number,
            "link": absolute(f"{SELLER_ORDERS}{part.number}/"),
            "label": "Open the order",
            "items": [],
            "why_you": f"you work for {seller.name}",
        },
    }


def _items(case: CaseData) -> list[dict[str, Any]]:
    return [{"quantity": line.quantity, "title": line.title} for line in case.lines]
