"""What happens to a Checkout Session: attempts to pay, completion, expiry."""

from . import charging
from .intents import new_intent
from .store import Obj
from .world import World, job


@job
def expire_session(world: World, session: str) -> None:
    found = world.store.by_id[session]
    if found["status"] == "open":
        close_unpaid(world, found)


def close_unpaid(world: World, session: Obj) -> None:
    session["status"], session["url"] = "expired", None
    if session["payment_intent"]:
        intent = world.store.by_id[session["payment_intent"]]
        if intent["status"] != "canceled":
            charging.cancel(world, intent, "expired")
    world.store.save(session)
    world.emit("checkout.session.expired", session, account=session["_account"])


def pay(world: World, session: Obj, method: Obj) -> None:
    """One attempt from the hosted page. Raises the card's error; the session stays open."""
    intent = _intent_of(world, session)
    intent["_return_url"] = f"{world.base_url}/c/pay/{session['id']}"
    charging.attempt(world, intent, method)
    if intent.get("setup_future_usage") and session["customer"]:
        method["customer"] = session["customer"]
        world.store.save(method)
    if intent["status"] != "requires_action":
        complete(world, session, method)


def _intent_of(world: World, session: Obj) -> Obj:
    if session["payment_intent"]:
        found: Obj = world.store.by_id[session["payment_intent"]]
        return found
    intent = new_intent(
        world,
        amount=session["amount_total"],
        currency=session["currency"],
        account=session["_account"],
        customer=session["customer"],
        _session=session["id"],
        **session["_intent"],
    )
    session["payment_intent"] = intent["id"]
    world.store.save(session)
    return intent


def complete(world: World, session: Obj, method: Obj) -> None:
    intent = world.store.by_id[session["payment_intent"]]
    billing = method["billing_details"]
    session["status"], session["url"] = "complete", None
    session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
    session["customer_details"] = {
        "address": billing["address"],
        "business_name": None,
        "email": session["customer_email"] or billing["email"],
        "individual_name": None,
        "name": billing["name"],
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    world.store.save(session)
    world.emit("checkout.session.completed", session, account=session["_account"])


def after_authentication(world: World, intent: Obj) -> None:
    """A session's payment passed 3-D Secure: the session is done."""
    if intent["_session"]:
        session = world.store.by_id[intent["_session"]]
        complete(world, session, world.store.by_id[intent["payment_method"]])
