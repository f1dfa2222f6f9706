"""Mails about bought gift cards: the code to the recipient alone, all else to the buyer."""

from datetime import datetime

from commerce.giftcards import queries as gifts
from commerce.giftcards.types import PurchaseData
from commerce.kernel.money import Money

from .mails import Mail, money
from .rendering import absolute


def gift_card(
    purchase: PurchaseData, *, code: str, amount: Money, until: datetime, delivery: int
) -> Mail:
    """To the recipient: who sends it, what they say, the code, how it is used and reported."""
    sender = gifts.harmless(purchase.sender_name, is_name=True)
    return {
        "key": f"gift-card:{purchase.id}:{delivery}",
        "kind": "gift_card",
        "recipient": purchase.recipient_email,
        "subject": f"{sender} sends you a gift card of {money(amount)}",
        "context": {
            "code": code,
            "amount": amount,
            "until": until.date(),
            "sender": sender,
            "name": gifts.harmless(purchase.recipient_name, is_name=True),
            "message": gifts.harmless(purchase.message),
            "link": absolute("/"),
            "report": absolute(f"/gift-cards/{gifts.report_key(purchase_id=purchase.id)}/report/"),
        },
    }


def gift_card_bought(purchase: PurchaseData) -> Mail:
    """To the buyer: the receipt, with the link where it can be given back. No code."""
    return {
        "key": f"gift-card-bought:{purchase.id}",
        "kind": "gift_card_bought",
        "recipient": purchase.sender_email,
        "subject": f"Your gift card of {money(purchase.amount)} is paid",
        "context": _about(purchase),
    }


def gift_card_readdressed(purchase: PurchaseData, *, masked: str, at: str) -> Mail:
    """To the buyer: staff send the card elsewhere than they said. The address is masked."""
    return {
        "key": f"gift-card-readdressed:{purchase.id}:{at}",
        "kind": "gift_card_readdressed",
        "recipient": purchase.sender_email,
        "subject": f"Gift card {purchase.number} goes to another address",
        "context": {
            **_about(purchase),
            "address": masked,
            "was_sent": purchase.delivered_at is not None,
        },
    }


def gift_card_refunded(purchase: PurchaseData, amount: Money, *, refund_id: int) -> Mail:
    """To the buyer: money of a gift card was sent back to where it came from."""
    return {
        "key": f"gift-card-refunded:{refund_id}",
        "kind": "gift_card_refunded",
        "recipient": purchase.sender_email,
        "subject": f"{money(amount)} for gift card {purchase.number} is on its way back",
        "context": {**_about(purchase), "amount": amount},
    }


def _about(purchase: PurchaseData) -> dict[str, object]:
    return {
        "number": purchase.number,
        "amount": purchase.amount,
        "recipient": purchase.recipient_name,
        "address": purchase.recipient_email,
        "greeting": purchase.sender_name,
        "day": purchase.deliver_on,
        "paid_at": purchase.paid_at,
        "was_made": purchase.credit_id is not None,
        "is_void": purchase.state == "refunded",
        "link": absolute(f"/gift-cards/{purchase.token}/"),
    }
