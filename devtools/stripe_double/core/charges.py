"""A new charge: one attempt to take a payment intent's money from a card."""

from zlib import crc32

from .cards import TestCard
from .methods import no_billing_details
from .store import Obj
from .world import World


def new_charge(world: World, intent: Obj, method: Obj, status: str = "succeeded") -> Obj:
    charge: Obj = {
        "id": world.new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": no_billing_details() | method["billing_details"],
        "calculated_statement_descriptor": intent["statement_descriptor"] or "STRIPE DOUBLE",
        "captured": False,
        "created": world.clock.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome_of(None),
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": details_of(intent, method),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
        "_transferred": 0,
    }
    world.store.add(charge, account=intent["_account"])
    intent["latest_charge"] = charge["id"]
    world.store.save(intent)
    return charge


def details_of(intent: Obj, method: Obj) -> Obj:
    if method["type"] != "card":
        return {"type": method["type"], method["type"]: {}}
    card = method["card"] | {
        "amount_authorized": intent["amount"],
        "authorization_code": f"{crc32(intent['id'].encode()) % 1_000_000:06d}",
        "network": "visa",
    }
    return {"type": "card", "card": card}


def outcome_of(card: TestCard | None) -> Obj:
    if card is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return outcome_of(None) | {
        "advice_code": "try_again_later",
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": card.decline_code or card.code,
        "seller_message": "The bank declined the payment.",
        "type": "issuer_declined",
    }
