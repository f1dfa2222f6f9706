"""The double's own books: every movement of money, for comparing with a ledger to the cent."""

from collections import defaultdict
from typing import Any

from .refunding import is_release
from .store import Obj
from .world import World

_CHARGE = (
    "id payment_intent amount amount_captured amount_refunded currency status captured disputed "
    "transfer_group metadata created"
)
_MOVES = {
    "refund": "id charge payment_intent amount currency status metadata created",
    "transfer": (
        "id amount amount_reversed currency destination source_transaction transfer_group "
        "metadata created"
    ),
    "transfer_reversal": "id transfer amount currency metadata created",
    "payout": "id amount currency status metadata created",
    "dispute": "id charge amount currency status reason created",
    "topup": "id amount currency status created",
}
_SUMS = "charged topped_up refunded transferred reversed paid_out disputed fees held"
_PLURAL = {"transfer_reversal": "reversals"}


def summary(world: World) -> dict[str, Any]:
    store = world.store
    charges = [_charge(world, c) for c in store.all("charge") if c["id"].startswith("ch_")]
    moves = {
        _PLURAL.get(kind, f"{kind}s"): [
            {name: obj[name] for name in names.split()} | {"account": obj["_account"]}
            for obj in store.all(kind)
            if not is_release(obj)
        ]
        for kind, names in _MOVES.items()
    }
    return {
        "now": world.clock.now(),
        "charges": charges,
        **moves,
        "balances": world.balances,
        "totals": totals(world),
    }


def _charge(world: World, charge: Obj) -> Obj:
    fee = 0
    if charge["balance_transaction"]:
        fee = world.store.by_id[charge["balance_transaction"]]["fee"]
    shown = {name: charge[name] for name in _CHARGE.split()}
    return shown | {"fee": fee, "transferred": charge["_transferred"]}


def totals(world: World) -> dict[str, dict[str, int]]:
    """Per currency, computed from the objects and not from the balances: what came in, what left,
    what is held; `difference` is what the double itself would have lost or made up."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    store = world.store
    for charge in store.all("charge"):
        if charge["id"].startswith("ch_") and charge["balance_transaction"]:
            sums[charge["currency"]]["charged"] += charge["amount_captured"]
    for refund in store.all("refund"):
        if refund["balance_transaction"] and refund["status"] != "failed":
            sums[refund["currency"]]["refunded"] += refund["amount"]
    for transfer in store.all("transfer"):
        sums[transfer["currency"]]["transferred"] += transfer["amount"]
        sums[transfer["currency"]]["reversed"] += transfer["amount_reversed"]
    for payout in store.all("payout"):
        if payout["status"] not in ("failed", "canceled"):
            sums[payout["currency"]]["paid_out"] += payout["amount"]
    for dispute in store.all("dispute"):
        if dispute["status"] != "won":
            sums[dispute["currency"]]["disputed"] += dispute["amount"]
    for topup in store.all("topup"):
        sums[topup["currency"]]["topped_up"] += topup["amount"]
    for txn in store.all("balance_transaction"):
        sums[txn["currency"]]["fees"] += txn["fee"]
    for purses in world.balances.values():
        for currency, purse in purses.items():
            sums[currency]["held"] += purse["available"] + purse["pending"]
    return {currency: _closed(dict(parts)) for currency, parts in sums.items()}


def _closed(parts: dict[str, int]) -> dict[str, int]:
    full = {name: parts.get(name, 0) for name in _SUMS.split()}
    came = full["charged"] + full["topped_up"]
    left = full["refunded"] + full["paid_out"] + full["disputed"] + full["fees"]
    full["difference"] = came - left - full["held"]
    return full
