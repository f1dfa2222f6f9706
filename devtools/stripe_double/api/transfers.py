"""Transfers to connected accounts, reversals, payouts of connected accounts, top-ups."""

from ..core import payouts
from ..core.errors import StripeError, no_such, short_of_money, wrong_state
from ..core.money import available, post
from ..core.routing import Call, Listing, list_route, listing_of, matching, route
from ..core.store import PLATFORM, Obj
from ..core.world import World

_CAPABILITIES = ("transfers", "legacy_payments", "crypto_transfers")


@route(
    "POST",
    "/v1/transfers",
    "amount currency destination source_transaction transfer_group description metadata "
    "source_type",
)
def create(call: Call) -> Obj:
    params, world = call.params, call.world
    amount, currency = params.required_amount(), params.currency()
    destination = _destination(call)
    charge = call.refer("charge", "source_transaction")
    metadata = params.metadata()
    due = world.clock.now()
    if charge is not None:
        _check_source(charge, amount, currency)
        if charge["balance_transaction"]:
            due = world.store.by_id[charge["balance_transaction"]]["available_on"]
        charge["_transferred"] += amount
        world.store.save(charge)
    elif amount > available(world, call.account, currency):
        raise short_of_money(
            f"The available balance does not cover a transfer of {amount} {currency}."
        )
    group = params.text("transfer_group")
    if charge is not None and group is None:
        group = charge["transfer_group"] or f"group_{charge['id']}"
    transfer = _new_transfer(world, amount, currency, destination, due)
    transfer |= {
        "description": params.text("description"),
        "metadata": metadata,
        "source_transaction": charge and charge["id"],
        "transfer_group": group,
    }
    _deliver(world, transfer, due)
    return transfer


def _destination(call: Call) -> Obj:
    wanted = call.params.required("destination")
    destination = call.world.store.find("account", wanted)
    if destination is None:
        raise no_such("destination", wanted, param="destination", status=400)
    if not any(destination["capabilities"].get(name) == "active" for name in _CAPABILITIES):
        raise wrong_state(
            f"The account {wanted} cannot receive transfers: its capability is not active.",
            "insufficient_capabilities_for_transfer",
        )
    return destination


def _check_source(charge: Obj, amount: int, currency: str) -> None:
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise StripeError(
            f"The charge {charge['id']} has not been captured.", param="source_transaction"
        )
    if charge["currency"] != currency:
        raise StripeError(
            f"The charge {charge['id']} is in {charge['currency']}, not {currency}.",
            param="currency",
        )
    left = charge["amount_captured"] - charge["_transferred"]
    if amount > left:
        raise StripeError(
            f"Transfers from {charge['id']} cannot exceed the charge: {left} is left.",
            param="amount",
        )


def _new_transfer(world: World, amount: int, currency: str, destination: Obj, due: int) -> Obj:
    identifier = world.new_id("tr_")
    return {
        "id": identifier,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": world.clock.now(),
        "currency": currency,
        "destination": destination["id"],
        "destination_payment": None,
        "livemode": False,
        "reversals": listing_of([], f"/v1/transfers/{identifier}/reversals"),
        "reversed": False,
        "source_type": "card",
    }


def _deliver(world: World, transfer: Obj, due: int) -> None:
    """Move the money: out of the platform's balance, into the seller's as a payment."""
    amount, currency, target = transfer["amount"], transfer["currency"], transfer["destination"]
    out = post(world, "transfer", -amount, currency, transfer["id"], available_on=due)
    payment = _payment(world, transfer)
    into = post(world, "payment", amount, currency, payment["id"], account=target, available_on=due)
    payment["balance_transaction"] = into["id"]
    transfer["balance_transaction"] = out["id"]
    transfer["destination_payment"] = payment["id"]
    world.store.add(payment, account=target)
    world.store.add(transfer)
    world.emit("transfer.created", transfer)


def _payment(world: World, transfer: Obj) -> Obj:
    return {
        "id": world.new_id("py_"),
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": True,
        "created": transfer["created"],
        "currency": transfer["currency"],
        "customer": None,
        "description": transfer["description"],
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "refunded": False,
        "source_transfer": transfer["id"],
        "status": "succeeded",
        "transfer_group": transfer["transfer_group"],
    }


@list_route("/v1/transfers", "created destination transfer_group")
def list_all(call: Call) -> Listing:
    return Listing(matching(call, "transfer", "destination", "transfer_group"), "/v1/transfers")


@route("GET", "/v1/transfers/{id}", "")
def retrieve(call: Call) -> Obj:
    return call.get("transfer", param="transfer")


@route("POST", "/v1/transfers/{id}", "description metadata")
def update(call: Call) -> Obj:
    transfer = call.get("transfer", param="transfer")
    if "description" in call.params:
        transfer["description"] = call.params.text("description")
    transfer["metadata"] = call.params.metadata(transfer["metadata"])
    call.world.store.save(transfer)
    call.world.emit("transfer.updated", transfer)
    return transfer


@route("POST", "/v1/transfers/{id}/reversals", "amount description metadata refund_application_fee")
def reverse(call: Call) -> Obj:
    world, transfer = call.world, call.get("transfer", param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    sent = call.params.amount()
    metadata = call.params.metadata()
    amount = left if sent is None else sent
    if left == 0 or amount > left:
        raise StripeError(
            f"The transfer {transfer['id']} has {left} left to reverse, not {amount}.",
            param="amount",
        )
    if amount > available(world, transfer["destination"], transfer["currency"]):
        raise short_of_money(
            f"The balance of {transfer['destination']} does not cover a reversal of {amount}."
        )
    made = _take_back(world, transfer, amount, metadata)
    world.emit("transfer.reversed", transfer)
    return made


def _take_back(world: World, transfer: Obj, amount: int, metadata: Obj) -> Obj:
    currency, account = transfer["currency"], transfer["destination"]
    made: Obj = {
        "id": world.new_id("trr_"),
        "object": "transfer_reversal",
        "amount": amount,
        "created": world.clock.now(),
        "currency": currency,
        "destination_payment_refund": world.new_id("pyr_"),
        "metadata": metadata,
        "source_refund": None,
        "transfer": transfer["id"],
    }
    back = post(world, "transfer_refund", amount, currency, made["id"])
    post(world, "payment_refund", -amount, currency, made["id"], account=account)
    made["balance_transaction"] = back["id"]
    world.store.add(made)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    shown = transfer["reversals"]
    transfer["reversals"] = shown | {
        "data": [{k: v for k, v in made.items() if k[0] != "_"}, *shown["data"]]
    }
    payment = world.store.by_id[transfer["destination_payment"]]
    payment["amount_refunded"] += amount
    payment["refunded"] = transfer["reversed"]
    world.store.save(payment)
    world.store.save(transfer)
    if transfer["source_transaction"]:
        charge = world.store.by_id[transfer["source_transaction"]]
        charge["_transferred"] -= amount
        world.store.save(charge)
    return made


@list_route("/v1/transfers/{id}/reversals", "")
def list_reversals(call: Call) -> Listing:
    transfer = call.get("transfer", param="transfer")
    found = [r for r in matching(call, "transfer_reversal") if r["transfer"] == transfer["id"]]
    return Listing(found, f"/v1/transfers/{transfer['id']}/reversals")


@route("GET", "/v1/transfers/{id}/reversals/{reversal}", "")
def retrieve_reversal(call: Call) -> Obj:
    return call.get("transfer_reversal", call.path["reversal"])


@route(
    "POST",
    "/v1/payouts",
    "amount currency description destination metadata method payout_method source_type "
    "statement_descriptor",
)
def create_payout(call: Call) -> Obj:
    return payouts.create(call)


@list_route("/v1/payouts", "created status destination arrival_date")
def list_payouts(call: Call) -> Listing:
    return Listing(matching(call, "payout", "status", "destination"), "/v1/payouts")


@route("GET", "/v1/payouts/{id}", "")
def retrieve_payout(call: Call) -> Obj:
    return call.get("payout", param="payout")


@route("POST", "/v1/payouts/{id}/cancel", "")
def cancel_payout(call: Call) -> Obj:
    return payouts.cancel(call)


@route(
    "POST",
    "/v1/topups",
    "amount currency description metadata statement_descriptor source payment_method "
    "payment_method_options transfer_group",
)
def create_topup(call: Call) -> Obj:
    world, amount = call.world, call.params.required_amount()
    currency = call.params.currency()
    topup: Obj = {
        "id": world.new_id("tu_"),
        "object": "topup",
        "amount": amount,
        "created": world.clock.now(),
        "currency": currency,
        "description": call.params.text("description"),
        "expected_availability_date": world.clock.now(),
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": call.params.metadata(),
        "source": None,
        "statement_descriptor": call.params.text("statement_descriptor"),
        "status": "succeeded",
        "transfer_group": None,
    }
    txn = post(world, "topup", amount, currency, topup["id"], account=PLATFORM)
    topup["balance_transaction"] = txn["id"]
    world.store.add(topup)
    world.emit("topup.succeeded", topup)
    return topup
