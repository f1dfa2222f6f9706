"""Payouts: from a balance to a bank account, with their delay, failure and cancellation."""

from .errors import invalid, short_of_money, wrong_state
from .money import available, post
from .routing import Call
from .store import PLATFORM, Obj
from .world import World, job

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process the payout.",
    "insufficient_funds": "The account lacked the money for the payout.",
    "invalid_account_number": "The bank account number is invalid.",
    "no_account": "The bank account could not be found.",
}


def create(call: Call) -> Obj:
    params, world = call.params, call.world
    amount, currency = params.required_amount(), params.currency()
    method = params.choice("method", ("standard", "instant"), "standard")
    metadata = params.metadata()
    destination = _bank(call)
    if amount > available(world, call.account, currency):
        raise short_of_money(
            f"The available balance does not cover a payout of {amount} {currency}."
        )
    payout: Obj = {
        "id": world.new_id("po_"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": int(world.clock.time() + world.behavior.payout_delay),
        "automatic": False,
        "balance_transaction": None,
        "created": world.clock.now(),
        "currency": currency,
        "description": params.text("description"),
        "destination": destination,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": metadata,
        "method": method,
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": params.text("statement_descriptor"),
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    txn = post(world, "payout", -amount, currency, payout["id"], account=call.account)
    payout["balance_transaction"] = txn["id"]
    world.store.add(payout, account=call.account)
    world.emit("payout.created", payout, account=call.account)
    world.later(world.behavior.payout_delay, "arrive", payout=payout["id"])
    return payout


def _bank(call: Call) -> str:
    if call.account == PLATFORM:
        return "ba_platform"
    account = call.world.store.by_id[call.account]
    if not account["payouts_enabled"]:
        raise wrong_state("Payouts of this account are disabled.", "payouts_not_allowed")
    currency = call.params.currency()
    banks = [
        bank["id"] for bank in account["external_accounts"]["data"] if bank["currency"] == currency
    ]
    if not banks:
        raise invalid("currency", f"The account has no external account in {currency}.")
    wanted = call.params.text("destination") or banks[0]
    if wanted not in banks:
        raise invalid("destination", f"No such external account: '{wanted}'", "resource_missing")
    return wanted


@job
def arrive(world: World, payout: str) -> None:
    """End a payout that is on its way: paid, or failed when the double is told so."""
    found = world.store.by_id[payout]
    if found["status"] not in ("pending", "in_transit"):
        return
    if world.behavior.payout_failure:
        fail(world, found, world.behavior.payout_failure)
        return
    found["status"] = "paid"
    found["arrival_date"] = world.clock.now()
    world.store.save(found)
    world.emit("payout.paid", found, account=found["_account"])


def fail(world: World, payout: Obj, code: str) -> None:
    """A payout may fail even after it was reported paid; its money returns to the balance."""
    if payout["status"] in ("failed", "canceled"):
        return
    payout["status"] = "failed"
    payout["failure_code"], payout["failure_message"] = code, FAILURES.get(code, code)
    payout["failure_balance_transaction"] = _give_back(world, payout, "payout_failure")
    world.store.save(payout)
    world.emit("payout.failed", payout, account=payout["_account"])


def cancel(call: Call) -> Obj:
    payout = call.get("payout", param="payout")
    if payout["status"] != "pending":
        raise wrong_state(
            f"The payout {payout['id']} is {payout['status']}; only a pending one can be canceled.",
            "payout_not_cancelable",
        )
    payout["status"] = "canceled"
    payout["failure_balance_transaction"] = _give_back(call.world, payout, "payout_cancel")
    call.world.store.save(payout)
    call.world.emit("payout.canceled", payout, account=call.account)
    return payout


def _give_back(world: World, payout: Obj, kind: str) -> str:
    txn = post(
        world,
        kind,
        payout["amount"],
        payout["currency"],
        payout["id"],
        account=payout["_account"],
    )
    identifier: str = txn["id"]
    return identifier
