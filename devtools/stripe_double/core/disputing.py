"""Disputes: opened by a test card or by the control API, ended by either side."""

from .errors import StripeError
from .money import post
from .store import Obj
from .world import World, job, public


@job
def open_dispute(
    world: World, charge: str, reason: str = "fraudulent", amount: int | None = None
) -> Obj:
    """The shopper's bank takes money back; the fee comes on top. One dispute per charge."""
    disputed = world.store.by_id[charge]
    if disputed["disputed"] or disputed["status"] != "succeeded" or not disputed["captured"]:
        raise StripeError(f"The charge {charge} cannot be disputed.")
    value = disputed["amount_captured"] if amount is None else amount
    now = world.clock.now()
    dispute: Obj = {
        "id": world.new_id("du_"),
        "object": "dispute",
        "amount": value,
        "balance_transactions": [],
        "charge": charge,
        "created": now,
        "currency": disputed["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": now + 7 * 86_400,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": disputed["payment_intent"],
        "payment_method_details": {"type": "card", "card": {"brand": "visa"}},
        "reason": reason,
        "status": "needs_response",
    }
    disputed["disputed"] = True
    world.store.save(disputed)
    world.store.add(dispute, account=disputed["_account"])
    world.emit("charge.dispute.created", dispute, account=disputed["_account"])
    _move(world, dispute, -value, world.behavior.dispute_fee, "dispute")
    world.emit("charge.dispute.funds_withdrawn", dispute, account=disputed["_account"])
    return dispute


def _move(world: World, dispute: Obj, amount: int, fee: int, category: str) -> None:
    txn = post(
        world,
        "adjustment",
        amount,
        dispute["currency"],
        dispute["id"],
        fee=fee,
        account=dispute["_account"],
        category=category,
    )
    dispute["balance_transactions"] = [*dispute["balance_transactions"], public(txn)]
    world.store.save(dispute)


def close_dispute(world: World, dispute: Obj, status: str, *, return_fee: bool = False) -> Obj:
    """Decide an open dispute: won gives the money back (and the fee only if asked), lost keeps."""
    if dispute["status"] in ("won", "lost"):
        raise StripeError(f"The dispute {dispute['id']} is already {dispute['status']}.")
    dispute["status"] = status
    account = dispute["_account"]
    world.store.save(dispute)
    world.emit("charge.dispute.closed", dispute, account=account)
    if status == "won":
        fee = -world.behavior.dispute_fee if return_fee else 0
        _move(world, dispute, dispute["amount"], fee, "dispute_reversal")
        charge = world.store.by_id[dispute["charge"]]
        charge["disputed"] = False
        world.store.save(charge)
        world.emit("charge.dispute.funds_reinstated", dispute, account=account)
    return dispute
