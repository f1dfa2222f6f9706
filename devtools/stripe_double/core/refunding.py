"""Refunds: limits, the pending and failing kinds, and what they do to the balance."""

from .errors import StripeError, wrong_state
from .methods import behavior_of
from .money import available, post
from .store import Obj
from .world import World, job


def refund(
    world: World, charge: Obj, amount: int | None, *, reason: str | None, metadata: Obj
) -> Obj:
    """Give back part of a charge, never more than is left of it."""
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    _check(charge, wanted, left)
    made = _new(world, charge, wanted, reason=reason, metadata=metadata)
    charge["amount_refunded"] += wanted
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.save(charge)
    _begin(world, made, charge)
    world.emit("refund.created", made, account=charge["_account"])
    world.emit("charge.refunded", charge, account=charge["_account"])
    return made


def release(world: World, charge: Obj, amount: int) -> None:
    """Tell as a refund what of a charge was not captured: it moves nothing on the balance."""
    _new(world, charge, amount, reason=None, metadata={})


def is_release(obj: Obj) -> bool:
    """Whether a refund is only told: what it names was never captured."""
    return (
        obj["object"] == "refund"
        and obj["status"] == "succeeded"
        and obj["balance_transaction"] is None
    )


def _new(world: World, charge: Obj, amount: int, *, reason: str | None, metadata: Obj) -> Obj:
    made: Obj = {
        "id": world.new_id("re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.clock.now(),
        "currency": charge["currency"],
        "customer": None,
        "description": None,
        "destination_details": {"type": "card", "card": {"type": "refund"}},
        "failure_balance_transaction": None,
        "failure_reason": None,
        "instructions_email": None,
        "metadata": metadata,
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    world.store.add(made, account=charge["_account"])
    return made


def _check(charge: Obj, wanted: int, left: int) -> None:
    identifier = charge["id"]
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise StripeError(f"The charge {identifier} has not been captured.", param="charge")
    if charge["disputed"]:
        raise wrong_state(f"The charge {identifier} is disputed.", "charge_disputed")
    if left == 0:
        raise wrong_state(
            f"The charge {identifier} has already been refunded.", "charge_already_refunded"
        )
    if wanted > left:
        raise StripeError(
            f"The refund of {wanted} is greater than the {left} left of the charge.",
            param="amount",
        )


def _begin(world: World, made: Obj, charge: Obj) -> None:
    short = available(world, made["_account"], made["currency"]) < made["amount"]
    outcome = behavior_of(world.store.by_id[charge["payment_method"]]).refund
    if short and world.behavior.refunds_when_short == "pending":
        made["status"], made["pending_reason"] = "pending", "insufficient_funds"
        world.later(0.5, "retry_short_refund", refund=made["id"], wait=0.5)
        return
    _withdraw(world, made)
    if outcome == "pending":
        made["status"], made["pending_reason"] = "pending", "processing"
        world.later(world.behavior.refund_delay, "resolve_refund", refund=made["id"])
    elif outcome == "failed":
        world.later(
            world.behavior.refund_delay,
            "resolve_refund",
            refund=made["id"],
            failure="lost_or_stolen_card",
        )


def _withdraw(world: World, made: Obj) -> None:
    txn = post(
        world,
        "refund",
        -made["amount"],
        made["currency"],
        made["id"],
        account=made["_account"],
    )
    made["balance_transaction"] = txn["id"]
    world.store.save(made)


@job
def resolve_refund(world: World, refund: str, failure: str | None = None) -> None:
    """End a refund: succeeded, or failed with a reason, which returns the money to the balance."""
    made = world.store.by_id[refund]
    if made["status"] == "failed" or (failure is None and made["status"] == "succeeded"):
        return
    made["pending_reason"] = None
    if failure is None:
        if made["balance_transaction"] is None:
            _withdraw(world, made)
        made["status"] = "succeeded"
    else:
        _undo(world, made, failure)
    world.store.save(made)
    account = made["_account"]
    world.emit("refund.failed" if failure else "refund.updated", made, account=account)
    world.emit("charge.refund.updated", made, account=account)


def _undo(world: World, made: Obj, failure: str) -> None:
    made["status"], made["failure_reason"] = "failed", failure
    if made["balance_transaction"] is not None:
        txn = post(
            world,
            "refund_failure",
            made["amount"],
            made["currency"],
            made["id"],
            account=made["_account"],
        )
        made["failure_balance_transaction"] = txn["id"]
    charge = world.store.by_id[made["charge"]]
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    world.store.save(charge)


@job
def retry_short_refund(world: World, refund: str, wait: float) -> None:
    """Pay a refund that waited for money once the balance covers it; else look again later."""
    made = world.store.by_id[refund]
    if made["pending_reason"] != "insufficient_funds":
        return
    if available(world, made["_account"], made["currency"]) >= made["amount"]:
        resolve_refund(world, refund)
    else:
        wait = min(wait * 2, 3600)
        world.later(wait, "retry_short_refund", refund=refund, wait=wait)
