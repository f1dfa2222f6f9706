"""What happens to a payment intent and its charges: attempts, captures, cancellation, expiry."""

from .cards import MESSAGES, TestCard
from .charges import new_charge, outcome_of
from .errors import StripeError
from .methods import behavior_of
from .money import charge_fee, post
from .refunding import release
from .store import Obj
from .world import World, job, public

NEEDS_AUTHENTICATION = TestCard(
    "", "", "", "", "authentication_required", "authentication_required"
)
AUTHORIZATION_LASTS = 7 * 24 * 3600


def attempt(
    world: World, intent: Obj, method: Obj, *, authenticated: bool = False, absent: bool = False
) -> None:
    """Charge the method once; `absent` says that nobody is there to authenticate.

    Raises the card error after recording the failed attempt.
    """
    card = behavior_of(method)
    intent["payment_method"] = method["id"]
    intent["next_action"] = None
    if card.authenticate and absent:
        raise _decline(world, intent, method, NEEDS_AUTHENTICATION)
    if card.authenticate and not authenticated:
        _ask_for_authentication(world, intent)
    elif card.code is not None:
        raise _decline(world, intent, method, card)
    else:
        intent["last_payment_error"] = None
        charge = new_charge(world, intent, method)
        if card.delayed:
            _start_delayed(world, intent, charge, card.delayed)
        elif intent["capture_method"] == "manual":
            _authorize(world, intent, charge)
        else:
            _take(world, intent, charge)
        if card.dispute and charge["captured"]:
            world.later(0, "open_dispute", charge=charge["id"], reason=card.dispute)


def _ask_for_authentication(world: World, intent: Obj) -> None:
    intent["status"] = "requires_action"
    url = f"{world.base_url}/c/authenticate/{intent['id']}"
    if intent["_return_url"]:
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": intent["_return_url"]},
        }
    else:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    world.store.save(intent)
    world.emit("payment_intent.requires_action", intent, account=intent["_account"])


def _decline(world: World, intent: Obj, method: Obj, card: TestCard) -> StripeError:
    charge = new_charge(world, intent, method, status="failed")
    message = MESSAGES[card.decline_code or card.code or "generic_decline"]
    charge["failure_code"], charge["failure_message"] = card.code, message
    charge["outcome"] = outcome_of(card)
    world.store.save(charge)
    world.emit("charge.failed", charge, account=intent["_account"])
    refusal = StripeError(
        message,
        status=402,
        kind="card_error",
        code=card.code,
        decline_code=card.decline_code or card.code,
        advice_code="try_again_later",
        charge=charge["id"],
        param={"incorrect_cvc": "cvc", "expired_card": "exp_month"}.get(card.code or ""),
        payment_method=public(method),
    )
    fail(world, intent, refusal)
    refusal.fields["payment_intent"] = public(intent)
    return refusal


def fail(world: World, intent: Obj, refusal: StripeError) -> None:
    """Send the intent back to wait for another payment method."""
    intent["last_payment_error"] = refusal.body()["error"]
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["next_action"] = None
    world.store.save(intent)
    world.emit("payment_intent.payment_failed", intent, account=intent["_account"])


def _start_delayed(world: World, intent: Obj, charge: Obj, result: str) -> None:
    charge["status"], charge["paid"] = "pending", False
    intent["status"] = "processing"
    intent["processing"] = {"type": "card", "card": {}}
    world.store.save(charge)
    world.store.save(intent)
    account = intent["_account"]
    world.emit("charge.pending", charge, account=account)
    world.emit("payment_intent.processing", intent, account=account)
    world.later(world.behavior.async_delay, "decide_delayed", intent=intent["id"], succeeded=result)


@job
def decide_delayed(world: World, intent: str, succeeded: str) -> None:
    """End a payment that was processing, one way or the other; repeating changes nothing."""
    found = world.store.by_id[intent]
    if found["status"] != "processing":
        return
    charge = world.store.by_id[found["latest_charge"]]
    found["processing"] = None
    if succeeded == "succeeded":
        charge["status"], charge["paid"] = "succeeded", True
        _take(world, found, charge)
    else:
        code = "payment_intent_payment_attempt_failed"
        charge["status"] = "failed"
        charge["failure_code"], charge["failure_message"] = code, MESSAGES[code]
        world.store.save(charge)
        world.emit("charge.failed", charge, account=found["_account"])
        method = public(world.store.by_id[found["payment_method"]])
        fail(
            world,
            found,
            StripeError(
                MESSAGES[code],
                kind="card_error",
                status=402,
                code=code,
                charge=charge["id"],
                payment_method=method,
            ),
        )
    if found["_session"]:
        session = world.store.by_id[found["_session"]]
        ending = "succeeded" if succeeded == "succeeded" else "failed"
        world.emit(f"checkout.session.async_payment_{ending}", session, account=session["_account"])


def _authorize(world: World, intent: Obj, charge: Obj) -> None:
    deadline = world.clock.now() + AUTHORIZATION_LASTS
    details = charge["payment_method_details"]
    details[details["type"]]["capture_before"] = deadline
    intent["status"] = "requires_capture"
    intent["amount_capturable"] = intent["amount"]
    world.store.save(charge)
    world.store.save(intent)
    account = intent["_account"]
    world.emit("charge.succeeded", charge, account=account)
    world.emit("payment_intent.amount_capturable_updated", intent, account=account)
    world.later(AUTHORIZATION_LASTS, "expire_authorization", intent=intent["id"])


@job
def expire_authorization(world: World, intent: str) -> None:
    found = world.store.by_id[intent]
    if found["status"] == "requires_capture":
        charge = world.store.by_id[found["latest_charge"]]
        _release(world, charge)
        world.emit("charge.expired", charge, account=found["_account"])
        _mark_canceled(world, found, "automatic")


def _take(world: World, intent: Obj, charge: Obj, amount: int | None = None) -> None:
    """Capture all or part of an authorized charge; what is not captured is released."""
    taken = intent["amount"] if amount is None else amount
    first_seen = intent["status"] != "requires_capture"
    charge["captured"] = True
    charge["amount_captured"] = taken
    charge["amount_refunded"] = charge["amount"] - taken
    if taken < charge["amount"]:
        release(world, charge, charge["amount"] - taken)
    intent["status"] = "succeeded"
    intent["amount_received"] = taken
    intent["amount_capturable"] = 0
    account = intent["_account"]
    if intent["_session"]:
        session = world.store.by_id[intent["_session"]]
        session["payment_status"] = "paid"
        world.store.save(session)
    if world.behavior.settlement_delay:
        world.later(world.behavior.settlement_delay, "settle", charge=charge["id"])
    else:
        _post_charge(world, charge)
    world.store.save(charge)
    world.store.save(intent)
    world.emit("charge.succeeded" if first_seen else "charge.captured", charge, account=account)
    world.emit("payment_intent.succeeded", intent, account=account)


capture = _take


def _post_charge(world: World, charge: Obj) -> None:
    amount = charge["amount_captured"]
    txn = post(
        world,
        "charge",
        amount,
        charge["currency"],
        charge["id"],
        fee=charge_fee(world, amount),
        account=charge["_account"],
        available_on=world.clock.now() + world.behavior.funds_delay,
        description=charge["description"],
    )
    charge["balance_transaction"] = txn["id"]
    world.store.save(charge)


@job
def settle(world: World, charge: str) -> None:
    found = world.store.by_id[charge]
    if found["balance_transaction"] is None:
        _post_charge(world, found)
        world.emit(
            "charge.updated",
            found,
            account=found["_account"],
            previous={"balance_transaction": None},
        )


def _release(world: World, charge: Obj) -> None:
    charge["refunded"] = True
    charge["amount_refunded"] = charge["amount"]
    world.store.save(charge)


def cancel(world: World, intent: Obj, reason: str | None) -> None:
    if intent["status"] == "requires_capture":
        charge = world.store.by_id[intent["latest_charge"]]
        _release(world, charge)
        world.emit("charge.refunded", charge, account=intent["_account"])
    _mark_canceled(world, intent, reason)


def _mark_canceled(world: World, intent: Obj, reason: str | None) -> None:
    intent["status"] = "canceled"
    intent["canceled_at"] = world.clock.now()
    intent["cancellation_reason"] = reason
    intent["amount_capturable"] = 0
    intent["next_action"] = None
    world.store.save(intent)
    world.emit("payment_intent.canceled", intent, account=intent["_account"])
