"""Charges, refunds of them, balance transactions and the balance."""

from ..core import refunding, search
from ..core.errors import StripeError, missing_param
from ..core.money import balance_of
from ..core.routing import INCLUDABLE, Call, Listing, list_route, listing_of, matching, route
from ..core.store import Obj
from ..core.world import World


@list_route("/v1/charges", "created payment_intent customer transfer_group")
def list_charges(call: Call) -> Listing:
    found = matching(call, "charge", "payment_intent", "customer", "transfer_group")
    return Listing(found, "/v1/charges")


@route("GET", "/v1/charges/search", "query limit page")
def search_charges(call: Call) -> Listing:
    test = search.parse(call.params.required("query"))
    found = [charge for charge in matching(call, "charge") if test(charge)]
    return Listing(found, "/v1/charges/search", search=True)


@route("GET", "/v1/charges/{id}", "")
def retrieve_charge(call: Call) -> Obj:
    return call.get("charge", param="charge")


@route(
    "POST",
    "/v1/charges/{id}",
    "description metadata receipt_email transfer_group shipping fraud_details customer",
)
def update_charge(call: Call) -> Obj:
    charge = call.get("charge", param="charge")
    for name in ("description", "receipt_email", "transfer_group"):
        if name in call.params:
            charge[name] = call.params.text(name)
    charge["metadata"] = call.params.metadata(charge["metadata"])
    call.world.store.save(charge)
    call.world.emit("charge.updated", charge, account=call.account)
    return charge


def _refunds_of(world: World, charge: Obj) -> Obj:
    found = [r for r in world.store.newest_first("refund") if r["charge"] == charge["id"]]
    return listing_of(found, f"/v1/charges/{charge['id']}/refunds")


INCLUDABLE["charge", "refunds"] = _refunds_of


@route(
    "POST",
    "/v1/refunds",
    "amount charge payment_intent reason metadata currency customer instructions_email origin "
    "refund_application_fee reverse_transfer",
)
def create_refund(call: Call) -> Obj:
    params = call.params
    charge = call.refer("charge", "charge")
    intent = call.refer("payment_intent", "payment_intent")
    amount = params.amount()
    reasons = ("duplicate", "fraudulent", "requested_by_customer")
    reason, metadata = params.choice("reason", reasons), params.metadata()
    if charge is None:
        if intent is None:
            raise missing_param("charge")
        charge = intent["latest_charge"] and call.world.store.by_id[intent["latest_charge"]]
        if not charge or intent["status"] != "succeeded":
            raise StripeError(
                f"The payment intent {intent['id']} has no successful charge to refund.",
                param="payment_intent",
            )
    for name in ("reverse_transfer", "refund_application_fee"):
        if params.boolean(name):
            raise StripeError(f"{name} needs a destination charge.", param=name)
    return refunding.refund(call.world, charge, amount, reason=reason, metadata=metadata)


@list_route("/v1/refunds", "created charge payment_intent")
def list_refunds(call: Call) -> Listing:
    return Listing(matching(call, "refund", "charge", "payment_intent"), "/v1/refunds")


@route("GET", "/v1/refunds/{id}", "")
def retrieve_refund(call: Call) -> Obj:
    return call.get("refund", param="refund")


@route("POST", "/v1/refunds/{id}", "metadata")
def update_refund(call: Call) -> Obj:
    refund = call.get("refund", param="refund")
    refund["metadata"] = call.params.metadata(refund["metadata"])
    call.world.store.save(refund)
    call.world.emit("refund.updated", refund, account=call.account)
    return refund


@list_route("/v1/balance_transactions", "created currency payout source type")
def list_transactions(call: Call) -> Listing:
    found = matching(call, "balance_transaction", "currency", "source", "type")
    if payout := call.params.text("payout"):
        found = [txn for txn in found if txn["source"] == payout]
    return Listing(found, "/v1/balance_transactions")


@route("GET", "/v1/balance_transactions/{id}", "")
def retrieve_transaction(call: Call) -> Obj:
    return call.get("balance_transaction")


@route("GET", "/v1/balance", "")
def retrieve_balance(call: Call) -> Obj:
    return balance_of(call.world, call.account)
