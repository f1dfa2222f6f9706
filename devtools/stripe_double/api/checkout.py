"""Checkout Sessions in payment mode; the page itself is in pages/checkout.py."""

from typing import Any

from ..core.errors import invalid, missing_param, not_in_double, wrong_state
from ..core.intents import CAPTURE_METHODS, LEAST_AMOUNT
from ..core.params import Params
from ..core.routing import INCLUDABLE, Call, Listing, list_route, listing_of, matching, route
from ..core.sessions import close_unpaid
from ..core.store import Obj
from ..core.world import World
from .payment_intents import refuse_method_types

CREATE = (
    "adaptive_pricing after_expiration allow_promotion_codes automatic_tax "
    "billing_address_collection branding_settings cancel_url client_reference_id "
    "consent_collection currency custom_fields custom_text customer customer_creation "
    "customer_email customer_update discounts expires_at invoice_creation line_items locale "
    "metadata mode payment_intent_data payment_method_collection payment_method_configuration "
    "payment_method_options allowed_payment_method_types phone_number_collection return_url "
    "redirect_on_completion "
    "saved_payment_method_options setup_intent_data shipping_address_collection shipping_options "
    "submit_type subscription_data success_url tax_id_collection ui_mode origin_context "
    "name_collection integration_identifier excluded_payment_method_types"
)
_UNSUPPORTED = ("discounts", "shipping_options", "subscription_data", "setup_intent_data")
HOUR = 3600


@route("POST", "/v1/checkout/sessions", CREATE)
def create(call: Call) -> Obj:
    params, world = call.params, call.world
    _refuse_unsupported(params)
    shown = params.text("ui_mode") or "hosted_page"
    success_url = params.url("return_url" if shown == "elements" else "success_url")
    cancel_url = params.url("cancel_url") if "cancel_url" in params else None
    identifier = world.new_id("cs_test_", 58)
    lines = _lines(world, params)
    total = sum(line["amount_total"] for line in lines)
    if total < LEAST_AMOUNT:
        raise invalid("line_items", f"The total must be at least {LEAST_AMOUNT}.")
    customer = call.refer("customer", "customer")
    offered = params.strings("allowed_payment_method_types") or ["card"]
    _check_bank_transfer(params, offered, has_customer=customer is not None)
    session = _blank(world, identifier) | {
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": cancel_url,
        "client_reference_id": params.text("client_reference_id"),
        "currency": lines[0]["currency"],
        "customer": customer and customer["id"],
        "customer_creation": None if customer else "if_required",
        "customer_email": params.text("customer_email"),
        "expires_at": _expiry(call),
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "payment_method_types": offered,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "submit_type": params.text("submit_type"),
        "success_url": success_url,
        "ui_mode": shown,
        "client_secret": f"{identifier}_secret_{world.new_id('', 24)}"
        if shown == "elements"
        else None,
        "url": None if shown == "elements" else f"{world.base_url}/c/pay/{identifier}",
        "_lines": lines,
        "_intent": _intent_data(params),
    }
    world.store.add(session, account=call.account)
    lasts = session["expires_at"] - world.clock.time()
    world.later(lasts, "expire_session", session=identifier)
    return session


def _check_bank_transfer(params: Params, offered: list[str], *, has_customer: bool) -> None:
    if "customer_balance" not in offered:
        return
    if not has_customer:
        raise missing_param("customer")
    options = params.nested("payment_method_options").nested("customer_balance")
    if options.text("funding_type") != "bank_transfer":
        raise missing_param("payment_method_options[customer_balance][funding_type]")
    if not options.nested("bank_transfer").text("type"):
        raise missing_param("payment_method_options[customer_balance][bank_transfer][type]")


def _refuse_unsupported(params: Params) -> None:
    mode = params.choice("mode", ("payment", "setup", "subscription"))
    if mode is None:
        raise missing_param("mode")
    if mode != "payment":
        raise not_in_double(f"Checkout Sessions in {mode} mode", "mode")
    shown = params.choice("ui_mode", ("hosted_page", "embedded_page", "elements", "form"))
    if shown not in (None, "hosted_page", "elements"):
        raise not_in_double(f"Checkout Sessions shown as {shown}", "ui_mode")
    refuse_method_types(params)
    for name in _UNSUPPORTED:
        if name in params:
            raise not_in_double(f"{name} of Checkout Sessions", name)
    if params.nested("automatic_tax").boolean("enabled"):
        raise not_in_double("automatic tax", "automatic_tax")


def _lines(world: World, params: Params) -> list[Obj]:
    lines = [_line(world, line) for line in params.each("line_items")]
    if not lines:
        raise missing_param("line_items")
    if len(lines) > 100:
        raise invalid("line_items", "A Checkout Session takes at most 100 line items.")
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("line_items", "All line items must be in one currency.")
    return lines


def _line(world: World, line: Params) -> Obj:
    if "price" in line:
        raise not_in_double("stored prices; send price_data", line.name("price"))
    price, quantity = line.nested("price_data"), line.integer("quantity")
    if quantity is None or quantity < 1:
        raise invalid(line.name("quantity"), "quantity must be at least 1.")
    unit = price.required_amount("unit_amount", least=0)
    product = price.nested("product_data")
    name, currency = product.required("name"), price.currency()
    return {
        "id": world.new_id("li_"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": unit * quantity,
        "amount_tax": 0,
        "amount_total": unit * quantity,
        "currency": currency,
        "description": name,
        "metadata": line.metadata(),
        "price": {
            "id": world.new_id("price_"),
            "object": "price",
            "active": False,
            "currency": currency,
            "livemode": False,
            "metadata": {},
            "product": world.new_id("prod_", 14),
            "type": "one_time",
            "unit_amount": unit,
            "unit_amount_decimal": str(unit),
        },
        "quantity": quantity,
        "_note": product.text("description"),
    }


def _intent_data(params: Params) -> Obj:
    data = params.nested("payment_intent_data")
    values: dict[str, Any] = {
        name: data.text(name)
        for name in (
            "description",
            "receipt_email",
            "setup_future_usage",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_group",
        )
    }
    known = frozenset(values) | {"metadata", "capture_method", "shipping"}
    for name in ("application_fee_amount", "transfer_data", "on_behalf_of"):
        if name in data:
            raise not_in_double("destination charges", data.name(name))
    data.only(known)
    values["metadata"] = data.metadata()
    values["shipping"] = data.plain("shipping")
    values["capture_method"] = data.choice("capture_method", CAPTURE_METHODS, "automatic_async")
    return values


def _expiry(call: Call) -> int:
    now = call.world.clock.now()
    wanted = call.params.integer("expires_at")
    if wanted is None:
        return now + 24 * HOUR
    if not now + HOUR // 2 - 60 <= wanted <= now + 24 * HOUR + 60:
        raise invalid("expires_at", "expires_at must be between 30 minutes and 24 hours from now.")
    return wanted


def _blank(world: World, identifier: str) -> Obj:
    empty = (
        "adaptive_pricing after_expiration allow_promotion_codes billing_address_collection "
        "client_secret collected_information consent consent_collection currency_conversion "
        "customer_account customer_details invoice origin_context payment_intent payment_link "
        "payment_method_configuration_details phone_number_collection recovered_from "
        "saved_payment_method_options setup_intent shipping_address_collection shipping_cost "
        "subscription wallet_options"
    )
    return dict.fromkeys(empty.split()) | {
        "id": identifier,
        "object": "checkout.session",
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": world.clock.now(),
        "custom_fields": [],
        "custom_text": {"after_submit": None, "submit": None},
        "discounts": [],
        "invoice_creation": {"enabled": False},
        "livemode": False,
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


def _line_items(world: World, session: Obj) -> Obj:
    return listing_of(session["_lines"], f"/v1/checkout/sessions/{session['id']}/line_items")


INCLUDABLE["checkout.session", "line_items"] = _line_items


@list_route(
    "/v1/checkout/sessions", "created customer customer_details payment_intent payment_link status"
)
def list_all(call: Call) -> Listing:
    found = matching(call, "checkout.session", "payment_intent", "customer", "status")
    return Listing(found, "/v1/checkout/sessions")


@route("GET", "/v1/checkout/sessions/{id}", "")
def retrieve(call: Call) -> Obj:
    return call.get("checkout.session", param="session")


@route("POST", "/v1/checkout/sessions/{id}", "metadata collected_information shipping_options")
def update(call: Call) -> Obj:
    session = call.get("checkout.session", param="session")
    session["metadata"] = call.params.metadata(session["metadata"])
    call.world.store.save(session)
    return session


@list_route("/v1/checkout/sessions/{id}/line_items", "")
def list_lines(call: Call) -> Listing:
    session = call.get("checkout.session", param="session")
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return Listing(session["_lines"], url)


@route("POST", "/v1/checkout/sessions/{id}/expire", "")
def expire(call: Call) -> Obj:
    session = call.get("checkout.session", param="session")
    if session["status"] != "open":
        raise wrong_state(
            f"Only an open Checkout Session can be expired; this one is {session['status']}.",
            "checkout_session_not_open",
        )
    close_unpaid(call.world, session)
    return session
