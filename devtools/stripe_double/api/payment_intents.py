"""Payment intents: create, read, update, confirm, capture, cancel, search."""

from ..core import charging, search
from ..core.errors import StripeError, invalid, not_in_double, wrong_state
from ..core.intents import CAPTURE_METHODS, LEAST_AMOUNT, new_intent
from ..core.methods import from_params
from ..core.params import Params
from ..core.routing import Call, Listing, list_route, matching, route
from ..core.store import Obj

_SHARED = (
    "amount amount_details currency customer description metadata payment_details payment_method "
    "payment_method_configuration payment_method_data payment_method_options receipt_email "
    "setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_group "
    "capture_method application_fee_amount transfer_data allowed_payment_method_types "
    "excluded_payment_method_types payment_method_types"
)
CREATE = (
    f"{_SHARED} automatic_payment_methods confirm confirmation_method error_on_requires_action "
    "off_session on_behalf_of radar_options return_url use_stripe_sdk mandate mandate_data"
)
CONFIRM = (
    "payment_method payment_method_data payment_method_options receipt_email return_url "
    "off_session shipping setup_future_usage use_stripe_sdk capture_method mandate mandate_data "
    "error_on_requires_action radar_options amount_details payment_details "
    "allowed_payment_method_types excluded_payment_method_types payment_method_types"
)


def _refuse_unsupported(params: Params) -> None:
    refuse_method_types(params)
    for name in ("application_fee_amount", "transfer_data"):
        if name in params:
            raise not_in_double("destination charges (it knows separate charges and transfers)")


def _details(call: Call, intent: Obj | None = None) -> Obj:
    """The parameters that create and update share, as fields of the intent."""
    params = call.params
    values: Obj = {}
    _refuse_unsupported(params)
    for name in (
        "description",
        "receipt_email",
        "setup_future_usage",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ):
        if name in params:
            values[name] = params.text(name)
    if "capture_method" in params:
        values["capture_method"] = params.choice("capture_method", CAPTURE_METHODS)
    if "customer" in params:
        customer = call.refer("customer", "customer")
        values["customer"] = customer and customer["id"]
    if "shipping" in params:
        values["shipping"] = params.plain("shipping")
    if "metadata" in params:
        values["metadata"] = params.metadata(intent["metadata"] if intent else None)
    return values


@route("POST", "/v1/payment_intents", CREATE)
def create(call: Call) -> Obj:
    params = call.params
    amount, currency = params.required_amount(least=LEAST_AMOUNT), params.currency()
    confirm_now = params.boolean("confirm")
    values = _details(call)
    automatic = params.nested("automatic_payment_methods")
    values["automatic_payment_methods"] = {
        "allow_redirects": automatic.choice("allow_redirects", ("always", "never"), "always"),
        "enabled": automatic.boolean("enabled", default=True),
    }
    if "return_url" in params and not confirm_now:
        raise invalid("return_url", "return_url is only accepted together with confirm.")
    if confirm_now:
        _need_return_url(params, values["automatic_payment_methods"])
    method = from_params(call.world, params, call.account)
    if confirm_now and method is None:
        raise _needs_method()
    intent = new_intent(
        call.world, amount=amount, currency=currency, account=call.account, **values
    )
    if method is not None:
        intent["payment_method"] = method["id"]
        intent["status"] = "requires_confirmation"
    if confirm_now:
        _confirm(call, intent, method)
    return intent


@list_route("/v1/payment_intents", "created customer")
def list_all(call: Call) -> Listing:
    return Listing(matching(call, "payment_intent", "customer"), "/v1/payment_intents")


@route("GET", "/v1/payment_intents/search", "query limit page")
def search_all(call: Call) -> Listing:
    test = search.parse(call.params.required("query"))
    found = [intent for intent in matching(call, "payment_intent") if test(intent)]
    return Listing(found, "/v1/payment_intents/search", search=True)


@route("GET", "/v1/payment_intents/{id}", "client_secret")
def retrieve(call: Call) -> Obj:
    return call.get("payment_intent", param="intent")


@route("POST", "/v1/payment_intents/{id}", _SHARED)
def update(call: Call) -> Obj:
    intent = call.get("payment_intent", param="intent")
    values = _details(call, intent)
    changeable = intent["status"].startswith("requires_") and intent["status"] != "requires_capture"
    if "amount" in call.params or "currency" in call.params:
        if not changeable:
            raise _unexpected(intent, "its amount can no longer change")
        if call.params.text("currency"):
            values["currency"] = call.params.currency()
        amount = call.params.amount(least=LEAST_AMOUNT)
        values["amount"] = intent["amount"] if amount is None else amount
    method = from_params(call.world, call.params, call.account)
    if method is not None:
        if not changeable:
            raise _unexpected(intent, "its payment method can no longer change")
        values |= {"payment_method": method["id"], "status": "requires_confirmation"}
    intent.update(values)
    call.world.store.save(intent)
    return intent


@route("POST", "/v1/payment_intents/{id}/confirm", CONFIRM)
def confirm(call: Call) -> Obj:
    intent = call.get("payment_intent", param="intent")
    refuse_method_types(call.params)
    if intent["_session"]:
        raise _unexpected(intent, "it belongs to a Checkout Session, which confirms it itself")
    if intent["status"] not in (
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
    ):
        raise _unexpected(intent, "it cannot be confirmed")
    _need_return_url(call.params, intent["automatic_payment_methods"])
    method = from_params(call.world, call.params, call.account)
    if method is None and intent["payment_method"]:
        method = call.world.store.by_id[intent["payment_method"]]
    if method is None:
        raise _needs_method(intent)
    if "shipping" in call.params:
        intent["shipping"] = call.params.plain("shipping")
    _confirm(call, intent, method)
    return intent


def _confirm(call: Call, intent: Obj, method: Obj | None) -> None:
    assert method is not None  # noqa: S101 -- both callers have refused
    intent["_return_url"] = call.params.text("return_url")
    absent = call.params.boolean("off_session")
    charging.attempt(call.world, intent, method, absent=absent)


@route(
    "POST",
    "/v1/payment_intents/{id}/capture",
    "amount_to_capture final_capture metadata statement_descriptor statement_descriptor_suffix "
    "application_fee_amount transfer_data amount_details payment_details",
)
def capture(call: Call) -> Obj:
    intent = call.get("payment_intent", param="intent")
    _refuse_unsupported(call.params)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "only an authorized payment can be captured")
    if not call.params.boolean("final_capture", default=True):
        raise not_in_double("captures in several parts", "final_capture")
    amount = call.params.amount("amount_to_capture")
    if amount is not None and amount > intent["amount_capturable"]:
        raise wrong_state(
            f"Cannot capture {amount}: only {intent['amount_capturable']} was authorized.",
            "amount_too_large",
            param="amount_to_capture",
        )
    intent["metadata"] = call.params.metadata(intent["metadata"])
    charging.capture(call.world, intent, call.world.store.by_id[intent["latest_charge"]], amount)
    return intent


@route("POST", "/v1/payment_intents/{id}/cancel", "cancellation_reason")
def cancel(call: Call) -> Obj:
    intent = call.get("payment_intent", param="intent")
    reasons = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
    reason = call.params.choice("cancellation_reason", reasons)
    if intent["_session"] and intent["status"] != "requires_capture":
        raise _unexpected(intent, "it belongs to a Checkout Session; expire the session instead")
    if intent["status"] in ("succeeded", "canceled", "processing"):
        raise _unexpected(intent, "it can no longer be canceled")
    charging.cancel(call.world, intent, reason)
    return intent


def refuse_method_types(params: Params) -> None:
    """The pinned API version no longer lets the caller list payment method types."""
    if "payment_method_types" in params:
        raise StripeError(
            "payment_method_types can no longer be sent; the provider chooses, or use "
            "allowed_payment_method_types.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
            stored=False,
        )
    allowed = params.strings("allowed_payment_method_types")
    if allowed and "card" not in allowed:
        raise not_in_double(f"payment methods of type {allowed[0]}", "allowed_payment_method_types")


def _need_return_url(params: Params, automatic: Obj) -> None:
    """Payment methods that may redirect need somewhere to come back to."""
    redirects = automatic["enabled"] and automatic["allow_redirects"] == "always"
    if redirects and "return_url" not in params and not params.boolean("off_session"):
        raise invalid(
            "return_url",
            "Confirming needs a return_url, because payment methods may redirect; send one, or "
            "create the payment with automatic_payment_methods[allow_redirects]=never.",
            "parameter_missing",
        )
    if redirects and params.boolean("error_on_requires_action"):
        raise invalid(
            "error_on_requires_action",
            "error_on_requires_action cannot be combined with payment methods that redirect.",
        )


def _unexpected(intent: Obj, why: str) -> StripeError:
    return wrong_state(
        f"The payment intent {intent['id']} has the status {intent['status']}: {why}.",
        "payment_intent_unexpected_state",
        payment_intent={k: v for k, v in intent.items() if k[0] != "_"},
    )


def _needs_method(intent: Obj | None = None) -> StripeError:
    shown = intent and {k: v for k, v in intent.items() if k[0] != "_"}
    return wrong_state(
        "A payment intent without a payment method cannot be confirmed.",
        "payment_intent_unexpected_state" if intent else "parameter_missing",
        payment_intent=shown,
    )
