"""Connected accounts, the links that onboard them, and their login links."""

from collections.abc import Sequence
from typing import Any

from ..core.errors import StripeError, invalid, missing_param, no_such, not_in_double
from ..core.params import Params
from ..core.routing import Call, Listing, list_route, listing_of, route
from ..core.store import Obj
from ..core.world import World, public

_FIELDS = (
    "account_token business_profile business_type capabilities company default_currency documents "
    "email external_account groups individual metadata settings tos_acceptance"
)
CURRENCY_OF = {"US": "usd", "CA": "cad", "GB": "gbp", "AU": "aud", "JP": "jpy", "CH": "chf"}
TO_SUBMIT = (
    "business_profile.url",
    "business_type",
    "external_account",
    "tos_acceptance.date",
    "tos_acceptance.ip",
)
LINK_LASTS = 300


def requirements(due: tuple[str, ...] | list[str] = (), reason: str | None = None) -> Obj:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": reason,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _controller(params: Params, kind: str | None) -> Obj:
    sent = params.nested("controller")
    dashboard = sent.nested("stripe_dashboard").text("type")
    platform_pays = kind in ("express", "custom") or dashboard in ("express", "none")
    side = "application" if platform_pays else "stripe"
    return {
        "fees": {"payer": sent.nested("fees").text("payer") or side},
        "is_controller": True,
        "losses": {"payments": sent.nested("losses").text("payments") or side},
        "requirement_collection": sent.text("requirement_collection") or "stripe",
        "stripe_dashboard": {"type": dashboard or {"standard": "full"}.get(kind or "", "express")},
        "type": "application",
    }


@route("POST", "/v1/accounts", f"{_FIELDS} type controller country")
def create(call: Call) -> Obj:
    params, world = call.params, call.world
    kind = params.choice("type", ("express", "custom", "standard"))
    if kind and "controller" in params:
        raise invalid("type", "Send either type or controller, not both.")
    country = (params.text("country") or "US").upper()
    if len(country) != 2:
        raise invalid("country", f"Country '{country}' is unknown.", "country_unsupported")
    identifier = world.new_id("acct_", 16)
    account: Obj = {
        "id": identifier,
        "object": "account",
        "business_profile": {"mcc": None, "name": None, "url": None, "support_email": None},
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": _controller(params, kind),
        "country": country,
        "created": world.clock.now(),
        "default_currency": CURRENCY_OF.get(country, "eur"),
        "details_submitted": False,
        "email": None,
        "external_accounts": listing_of([], f"/v1/accounts/{identifier}/external_accounts"),
        "future_requirements": requirements(),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": requirements(TO_SUBMIT, "requirements.past_due"),
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind or "none",
    }
    _apply(params, account)
    return world.store.add(account)


def _settings() -> Obj:
    schedule = {"delay_days": 2, "interval": "daily"}
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {"statement_descriptor_prefix": None},
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": {"statement_descriptor": None},
        "payouts": {
            "debit_negative_balances": False,
            "schedule": schedule,
            "statement_descriptor": None,
        },
    }


def _apply(params: Params, account: Obj) -> None:
    for name in ("business_type", "email", "default_currency"):
        if name in params:
            account[name] = params.text(name)
    for name in ("business_profile", "tos_acceptance", "settings"):
        if name in params:
            account[name] = _merged(account[name], params.plain(name) or {})
    for name in ("company", "individual"):
        if name in params:
            account[name] = _merged(account.get(name) or {}, params.plain(name) or {})
    account["capabilities"] = dict(account["capabilities"])
    for name in params.nested("capabilities").data:
        asked = params.nested("capabilities").nested(name).boolean("requested")
        ready = account["details_submitted"] and account["requirements"]["disabled_reason"] is None
        if asked:
            account["capabilities"][name] = "active" if ready else "inactive"
        else:
            account["capabilities"].pop(name, None)
    if "external_account" in params:
        raise not_in_double("bank accounts by number; onboarding adds one", "external_account")
    account["metadata"] = params.metadata(account["metadata"])


def _merged(old: Obj, new: Obj) -> Obj:
    merged = dict(old)
    for key, value in new.items():
        inside = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if inside else value
    return merged


@list_route("/v1/accounts")
def list_all(call: Call) -> Listing:
    return Listing(list(call.world.store.newest_first("account")), "/v1/accounts")


def account_of(call: Call, identifier: str) -> Obj:
    found = call.world.store.find("account", identifier)
    if found is None:
        raise StripeError(
            f"This key has no access to the account '{identifier}', or it does not exist.",
            status=403,
            code="account_invalid",
        )
    return found


@route("GET", "/v1/accounts/{id}", "")
def retrieve(call: Call) -> Obj:
    return account_of(call, call.path["id"])


@route("POST", "/v1/accounts/{id}", _FIELDS)
def update(call: Call) -> Obj:
    account = account_of(call, call.path["id"])
    before = public(account) | {"metadata": dict(account["metadata"])}
    _apply(call.params, account)
    changed(call.world, account, before)
    return account


@route("DELETE", "/v1/accounts/{id}", "")
def delete(call: Call) -> Obj:
    account = account_of(call, call.path["id"])
    purses = call.world.balances.get(account["id"], {}).values()
    if any(amount for purse in purses for amount in purse.values()):
        raise StripeError("An account with a balance cannot be deleted.", code="account_invalid")
    call.world.store.remove(account)
    return {"id": account["id"], "object": "account", "deleted": True}


def changed(world: World, account: Obj, before: Obj) -> None:
    """Store an account and tell about it, when anything differs."""
    previous = {name: before[name] for name in before if before[name] != account[name]}
    world.store.save(account)
    if previous:
        world.emit("account.updated", account, account=account["id"], previous=previous)


def submit_details(world: World, account: Obj, currencies: Sequence[str] = ()) -> None:
    """What finishing the onboarding does: everything asked for becomes active.

    There is a bank account in the country's currency, and in each of those named.
    """
    before = public(account)
    if not account["external_accounts"]["data"]:
        wanted = dict.fromkeys([account["default_currency"], *currencies])
        banks = [_bank_account(world, account, currency) for currency in wanted]
        account["external_accounts"] = account["external_accounts"] | {"data": banks}
        for bank in banks:
            world.emit("account.external_account.created", bank, account=account["id"])
    account["details_submitted"] = True
    account["business_type"] = account["business_type"] or "individual"
    account["tos_acceptance"] = {
        "date": world.clock.now(),
        "ip": "127.0.0.1",
        "user_agent": "Stripe double",
    }
    enable(world, account, before)


def enable(world: World, account: Obj, before: Obj | None = None) -> None:
    before = before or public(account)
    wanted = account["capabilities"] or {"transfers": "inactive"}
    account["capabilities"] = dict.fromkeys(wanted, "active")
    account["charges_enabled"] = account["payouts_enabled"] = True
    account["requirements"] = requirements()
    changed(world, account, before)


def disable(world: World, account: Obj, reason: str, due: list[str]) -> None:
    before = public(account)
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    account["charges_enabled"] = account["payouts_enabled"] = False
    account["requirements"] = requirements(due, reason)
    changed(world, account, before)


def _bank_account(world: World, account: Obj, currency: str) -> Obj:
    return {
        "id": world.new_id("ba_"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": account["business_profile"].get("name"),
        "account_holder_type": "company",
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE DOUBLE TEST BANK",
        "country": account["country"],
        "currency": currency,
        "default_for_currency": True,
        "fingerprint": world.new_id("", 16),
        "last4": "6789",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }


@route(
    "POST",
    "/v1/account_links",
    "account refresh_url return_url type collect collection_options",
)
def create_link(call: Call) -> Obj:
    params = call.params
    account = call.world.store.find("account", params.required("account"))
    if account is None:
        raise no_such("account", params.required("account"), param="account", status=400)
    kind = params.choice("type", ("account_onboarding", "account_update"))
    if kind is None:
        raise missing_param("type")
    now = call.world.clock.now()
    token = call.world.new_id("", 24)
    link: dict[str, Any] = {
        "id": f"link_{token}",
        "object": "account_link",
        "created": now,
        "expires_at": now + LINK_LASTS,
        "url": f"{call.world.base_url}/connect/onboarding/{token}",
        "_target": account["id"],
        "_refresh_url": params.url("refresh_url"),
        "_return_url": params.url("return_url"),
        "_used": False,
    }
    call.world.store.add(link)
    return {name: value for name, value in link.items() if name != "id"}


@route("POST", "/v1/accounts/{id}/login_links", "")
def create_login_link(call: Call) -> Obj:
    account = account_of(call, call.path["id"])
    if not account["details_submitted"]:
        raise StripeError("A login link needs an account that finished its onboarding.")
    return {
        "object": "login_link",
        "created": call.world.clock.now(),
        "url": f"{call.world.base_url}/connect/dashboard/{account['id']}",
    }
