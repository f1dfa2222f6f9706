"""Balance transactions: the only way money enters, leaves or moves between balances."""

from .store import PLATFORM, Obj
from .world import World, job

CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer_refund": "transfer_reversal",
    "payout_failure": "payout_reversal",
    "payout_cancel": "payout_reversal",
}


def post(
    world: World,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    *,
    fee: int = 0,
    account: str = PLATFORM,
    category: str | None = None,
    available_on: int | None = None,
    description: str | None = None,
) -> Obj:
    """Write one balance transaction and move the balance by its net."""
    now = world.clock.now()
    due = max(now, available_on or now)
    txn: Obj = {
        "id": world.new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": due,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": _fee_details(fee, currency),
        "net": amount - fee,
        "reporting_category": category or CATEGORIES.get(kind, kind),
        "source": source,
        "status": "available" if due <= now else "pending",
        "type": kind,
    }
    world.store.add(txn, account=account)
    world.count(txn)
    if txn["status"] == "pending":
        world.later(due - world.clock.time(), "release_funds", txn=txn["id"])
    return txn


def _fee_details(fee: int, currency: str) -> list[Obj]:
    if fee == 0:
        return []
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Processing fees of the Stripe double",
        "type": "stripe_fee",
    }
    return [detail]


@job
def release_funds(world: World, txn: str) -> None:
    pending = world.store.by_id[txn]
    world.count(pending, -1)
    pending["status"] = "available"
    world.count(pending)
    world.store.save(pending)
    account = pending["_account"]
    world.emit("balance.available", balance_of(world, account), account=account)


def charge_fee(world: World, amount: int) -> int:
    """The processing fee, rounded half up to the minor unit."""
    behavior = world.behavior
    return (amount * behavior.fee_basis_points + 5000) // 10_000 + behavior.fee_fixed


def available(world: World, account: str, currency: str) -> int:
    return world.purse(account, currency)["available"]


def balance_of(world: World, account: str) -> Obj:
    purses = world.balances.get(account, {}) or {"usd": {"available": 0, "pending": 0}}

    def lines(side: str) -> list[Obj]:
        return [
            {"amount": purse[side], "currency": currency, "source_types": {"card": purse[side]}}
            for currency, purse in sorted(purses.items())
        ]

    balance: Obj = {
        "object": "balance",
        "available": lines("available"),
        "livemode": False,
        "pending": lines("pending"),
    }
    if account == PLATFORM:
        balance["connect_reserved"] = [
            {"amount": 0, "currency": currency} for currency in sorted(purses)
        ]
    return balance
