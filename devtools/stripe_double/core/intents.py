"""A new payment intent, made by the API or by a Checkout Session."""

from typing import Any

from .store import PLATFORM, Obj
from .world import World

LEAST_AMOUNT = 50
CAPTURE_METHODS = ("automatic", "automatic_async", "manual")


def new_intent(
    world: World, *, amount: int, currency: str, account: str = PLATFORM, **values: Any
) -> Obj:
    identifier = world.new_id("pi_")
    intent: Obj = {
        "id": identifier,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{identifier}_secret_{world.new_id('', 25)}",
        "confirmation_method": "automatic",
        "created": world.clock.now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_return_url": None,
        "_session": None,
    }
    intent.update(values)
    world.store.add(intent, account=account)
    world.emit("payment_intent.created", intent, account=account)
    return intent
