"""Customers, payment methods and setup intents: what a shop needs to know a returning card."""

from ..core.errors import StripeError, missing_param, wrong_state
from ..core.methods import behavior_of, from_data, from_params
from ..core.routing import Call, Listing, list_route, matching, route
from ..core.store import Obj
from ..core.world import public
from .payment_intents import refuse_method_types

_FIELDS = (
    "address balance cash_balance description email invoice_prefix invoice_settings metadata name "
    "next_invoice_sequence phone preferred_locales shipping source tax tax_exempt "
    "business_name individual_name validate"
)


@route("POST", "/v1/customers", f"{_FIELDS} payment_method tax_id_data test_clock")
def create_customer(call: Call) -> Obj:
    customer: Obj = {
        "id": call.world.new_id("cus_", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.world.clock.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": call.world.new_id("", 8).upper(),
        "invoice_settings": {"default_payment_method": None},
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    _apply(call, customer)
    call.world.store.add(customer, account=call.account)
    call.world.emit("customer.created", customer, account=call.account)
    return customer


def _apply(call: Call, customer: Obj) -> None:
    for name in ("description", "email", "name", "phone", "tax_exempt"):
        if name in call.params:
            customer[name] = call.params.text(name)
    for name in ("address", "shipping", "invoice_settings"):
        if name in call.params:
            customer[name] = call.params.plain(name)
    customer["metadata"] = call.params.metadata(customer["metadata"])


@list_route("/v1/customers", "created email test_clock")
def list_customers(call: Call) -> Listing:
    return Listing(matching(call, "customer", "email"), "/v1/customers")


@route("GET", "/v1/customers/{id}", "")
def retrieve_customer(call: Call) -> Obj:
    return call.get("customer", param="customer")


@route("POST", "/v1/customers/{id}", f"{_FIELDS} default_source")
def update_customer(call: Call) -> Obj:
    customer = call.get("customer", param="customer")
    _apply(call, customer)
    call.world.store.save(customer)
    call.world.emit("customer.updated", customer, account=call.account)
    return customer


@route("DELETE", "/v1/customers/{id}", "")
def delete_customer(call: Call) -> Obj:
    customer = call.get("customer", param="customer")
    call.world.store.remove(customer)
    call.world.emit("customer.deleted", customer, account=call.account)
    return {"id": customer["id"], "object": "customer", "deleted": True}


@route("POST", "/v1/payment_methods")
def create_method(call: Call) -> Obj:
    return from_data(call.world, call.params, call.account)


@list_route("/v1/payment_methods", "customer type allow_redisplay")
def list_methods(call: Call) -> Listing:
    return Listing(matching(call, "payment_method", "customer", "type"), "/v1/payment_methods")


@route("GET", "/v1/payment_methods/{id}", "")
def retrieve_method(call: Call) -> Obj:
    return call.get("payment_method", param="payment_method")


@list_route("/v1/customers/{id}/payment_methods", "type allow_redisplay")
def list_customer_methods(call: Call) -> Listing:
    customer = call.get("customer", param="customer")
    found = [m for m in matching(call, "payment_method") if m["customer"] == customer["id"]]
    return Listing(found, f"/v1/customers/{customer['id']}/payment_methods")


@route("POST", "/v1/payment_methods/{id}/attach", "customer")
def attach(call: Call) -> Obj:
    call.params.data.setdefault("payment_method", call.path["id"])
    method = from_params(call.world, call.params, call.account)
    customer = call.refer("customer", "customer")
    if method is None or customer is None:
        raise missing_param("customer")
    method["customer"] = customer["id"]
    call.world.store.save(method)
    call.world.emit("payment_method.attached", method, account=call.account)
    return method


@route("POST", "/v1/payment_methods/{id}/detach", "")
def detach(call: Call) -> Obj:
    method = call.get("payment_method", param="payment_method")
    if method["customer"] is None:
        raise StripeError("The payment method is not attached to a customer.")
    method["customer"] = None
    call.world.store.save(method)
    call.world.emit("payment_method.detached", method, account=call.account)
    return method


@route(
    "POST",
    "/v1/setup_intents",
    "automatic_payment_methods confirm customer description metadata on_behalf_of payment_method "
    "payment_method_configuration payment_method_data payment_method_options payment_method_types "
    "allowed_payment_method_types excluded_payment_method_types return_url single_use usage "
    "use_stripe_sdk mandate_data flow_directions attach_to_self",
)
def create_setup(call: Call) -> Obj:
    refuse_method_types(call.params)
    customer = call.refer("customer", "customer")
    identifier = call.world.new_id("seti_")
    setup: Obj = {
        "id": identifier,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{identifier}_secret_{call.world.new_id('', 24)}",
        "created": call.world.clock.now(),
        "customer": customer and customer["id"],
        "description": call.params.text("description"),
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": call.params.metadata(),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": call.params.text("usage") or "off_session",
    }
    call.world.store.add(setup, account=call.account)
    call.world.emit("setup_intent.created", setup, account=call.account)
    if call.params.boolean("confirm"):
        _confirm(call, setup)
    return setup


@route("GET", "/v1/setup_intents/{id}", "client_secret")
def retrieve_setup(call: Call) -> Obj:
    return call.get("setup_intent", param="intent")


@route(
    "POST",
    "/v1/setup_intents/{id}/confirm",
    "payment_method payment_method_data payment_method_options return_url use_stripe_sdk "
    "mandate_data allowed_payment_method_types",
)
def confirm_setup(call: Call) -> Obj:
    setup = call.get("setup_intent", param="intent")
    if not setup["status"].startswith("requires_"):
        raise wrong_state(
            f"The setup intent is {setup['status']}.", "setup_intent_unexpected_state"
        )
    _confirm(call, setup)
    return setup


def _confirm(call: Call, setup: Obj) -> None:
    method = from_params(call.world, call.params, call.account)
    if method is None:
        raise missing_param("payment_method")
    card = behavior_of(method)
    if card.code is not None:
        refusal = StripeError(
            "The card was declined.",
            status=402,
            kind="card_error",
            code=card.code,
            decline_code=card.decline_code,
        )
        setup["last_setup_error"] = refusal.body()["error"]
        call.world.store.save(setup)
        call.world.emit("setup_intent.setup_failed", setup, account=call.account)
        refusal.fields["setup_intent"] = public(setup)
        raise refusal
    setup["payment_method"], setup["status"] = method["id"], "succeeded"
    if setup["customer"]:
        method["customer"] = setup["customer"]
        call.world.store.save(method)
    call.world.store.save(setup)
    call.world.emit("setup_intent.succeeded", setup, account=call.account)


@route("POST", "/v1/setup_intents/{id}/cancel", "cancellation_reason")
def cancel_setup(call: Call) -> Obj:
    setup = call.get("setup_intent", param="intent")
    setup["status"] = "canceled"
    setup["cancellation_reason"] = call.params.text("cancellation_reason")
    call.world.store.save(setup)
    call.world.emit("setup_intent.canceled", setup, account=call.account)
    return setup
