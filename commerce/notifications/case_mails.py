"""Mails about cancellations, returns, claims, withdrawals and changed addresses."""

from typing import Any

from commerce.orders.types import OrderData, SellerOrderData
from commerce.returns.queries import ReturnLabelData
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
            [
                f"Send the items {_until(case, due)} to: {case.return_to}",
                "Put the return slip into the parcel, and tell us on the page below that you "
                f"have sent it. {_unsent(case, due)}",
            ],
        ),
        "refused": (f"{shop} refused your {kind}", [f"The reason: {case.answer}"]),
        "declined": (f"{shop} did not accept what came back", [f"The reason: {case.answer}"]),
        "refunded": (
            _canceled(case) if case.kind == "cancel" else "Your refund is on its way",
            [refund if refund or case.kind != "cancel" else "You are not charged for it."],
        ),
        "partly": ("A part of it is refunded", [refund, f"The reason: {case.answer}"]),
        "exchanged": ("Your replacement is agreed", [f"{shop} sends it and tells you when."]),
        "overtaken": (
            "It had left already",
            ["It could not be canceled any more. You can send it back once it has come."],
        ),
        "escalated": (f"Stoa looks at your {kind}", [_why_escalated(case, shop)]),
        "closed": (
            "Your return has lapsed",
            [
                "Nothing was sent back in time. You keep the items; while they can be "
                "returned, you may ask again."
            ],
        ),
        "received": (f"{shop} has your parcel", ["They look at it and decide."]),
    }
    if state == "requested" and not case.due_at:
        return None
    if state == "closed" and not case.has_lapsed:
        return None
    if state in ("refused", "declined", "closed") and case.events[-1].from_state == "escalated":
        return "Stoa has decided", [f"The answer is no. The reason: {case.answer}"]
    if state in ("refused", "declined") and case.appeal_until:
        heading, told = texts[state]
        until = f"{case.appeal_until:%-d %B %Y}"
        return heading, [*told, f"Until {until} you can ask Stoa to look at it, on the page below."]
    return texts.get(state)


def _until(case: CaseData, due: str) -> str:
    """The law leaves a fortnight after a withdrawal; a return lapses when its own time is over."""
    return "within 14 days" if case.basis == "withdrawal" or not due else f"by {due}"


def _unsent(case: CaseData, due: str) -> str:
    if case.basis == "withdrawal":
        return "Without that we cannot see that it is on its way."
    return "What was not sent by then is taken as kept, and the return lapses."


def _why_escalated(case: CaseData, shop: str) -> str:
    whys = {
        "approved": "We cannot see that the items were sent, so we look at it. Tell us when "
        "they were.",
        "sent": f"{shop} has not told us that your parcel arrived, so we look at it and decide.",
        "received": f"{shop} has your parcel but has not decided, so we do.",
        "refused": "You asked us to look at the answer, and we do.",
        "declined": "You asked us to look at the answer, and we do.",
    }
    return whys.get(case.stage, f"{shop} did not settle it, so we decide.")


def reminder(case: CaseData, shop: str, *, state: str, version: int) -> Mail:
    """To the shopper: an approved return was not sent yet."""
    due = f"{case.due_at:%-d %B %Y}" if case.due_at else ""
    after = (
        "If it is on its way already, tell us so on the page below."
        if case.basis == "withdrawal"
        else f"After {due} the return lapses. If it is on its way already, tell us so below."
    )
    return {
        "key": f"case-reminder:{case.id}:{state}:{version}",
        "kind": "case",
        "recipient": case.email,
        "subject": f"Have you sent it back? ({case.number})",
        "context": {
            "heading": "Have you sent it back?",
            "text": [f"{shop} waits for your parcel at: {case.return_to}", after],
            "number": case.order_number,
            "link": absolute(f"/orders/track/{case.order_token}/requests/{case.number}/"),
            "label": "See your return",
            "items": _items(case),
            "why_you": f"this address was given with order {case.order_number}",
        },
    }


def reminder_to_seller(
    case: CaseData, seller: SellerData, member: MemberData, *, state: str, version: int
) -> Mail:
    """To a seller's people: a return waits for them, and soon will no more."""
    due = f"{case.due_at:%-d %B %Y, %H:%M} UTC" if case.due_at else ""
    goes = "the shopper is refunded" if case.basis == "withdrawal" else "the marketplace decides"
    heading, text = {
        "sent": (
            "Has this parcel come back?",
            f"Record its arrival until {due}. After that the marketplace looks at it.",
        ),
        "received": (
            "A returned parcel waits for you",
            f"Look at it and decide until {due}. After that {goes}.",
        ),
        "exchanged": (
            "A replacement has not left yet",
            "You agreed to send it. Please do, and say so on the page below.",
        ),
    }[state]
    return {
        "key": f"case-reminder:{case.id}:{state}:{version}:{member.user_id}",
        "kind": "case",
        "recipient": member.email,
        "subject": f"{heading} ({case.number})",
        "context": {
            "heading": heading,
            "text": [text],
            "number": case.part_number,
            "link": absolute(f"{SELLER_CASES}{case.number}/"),
            "label": "Open the request",
            "items": _items(case),
            "why_you": f"you work for {seller.name}",
        },
    }


def _canceled(case: CaseData) -> str:
    return "Canceled and refunded" if case.refund else "Canceled, and never charged"


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
        "closed": (
            "A return has lapsed" if case.has_lapsed else f"The shopper took a {kind} back",
            ["There is nothing to do."],
        ),
        "escalated": (
            f"A {kind} went to the marketplace",
            [f"{case.events[-1].cause}.".capitalize().replace("..", "."), case.answer],
        ),
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


def return_label(
    case: CaseData, shop: str, *, return_label_id: int, label: ReturnLabelData | None
) -> Mail:
    """To the shopper: there is a label to print for what goes back, and who pays it."""
    paid = {
        "marketplace": "We pay for sending it back.",
        "shopper": f"If you use it, its price of {label.cost if label else ''} is taken off your "
        "refund, as was agreed with your order; you may send it another way.",
    }.get(label.payer if label else "", f"{shop} pays for sending it back.")
    return {
        "key": f"return-label:{return_label_id}",
        "kind": "case",
        "recipient": case.email,
        "subject": f"Your return label is ready ({case.number})",
        "context": {
            "heading": "Your return label is ready",
            "text": [
                f"{paid} Print the label from your return, stick it on the parcel and hand the "
                "parcel to the carrier."
            ],
            "number": case.order_number,
            "link": absolute(f"/orders/track/{case.order_token}/requests/{case.number}/"),
            "label": "See your return",
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
