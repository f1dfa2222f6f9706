"""Payment methods: cards by number or by test token."""

from datetime import UTC, datetime

from .cards import BY_NUMBER, BY_TOKEN, TestCard, brand_of, luhn_valid
from .errors import StripeError, no_such, not_in_double
from .params import Params
from .store import PLATFORM, Obj
from .world import World

PLAIN = TestCard("", "", "", "Pays")


def behavior_of(method: Obj) -> TestCard:
    return BY_NUMBER.get(method["_number"], PLAIN)


def card_details(number: str, month: int, year: int) -> Obj:
    brand = brand_of(number)
    return {
        "brand": brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"double{number[-10:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def no_billing_details() -> Obj:
    return {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def new_method(
    world: World,
    number: str,
    *,
    month: int = 12,
    year: int = 2034,
    billing_details: Obj | None = None,
    metadata: Obj | None = None,
    account: str = PLATFORM,
) -> Obj:
    method: Obj = {
        "id": world.new_id("pm_"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": no_billing_details() | (billing_details or {}),
        "card": card_details(number, month, year),
        "created": world.clock.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata or {},
        "type": "card",
        "_number": number,
    }
    return world.store.add(method, account=account)


WALLETS = {"apple_pay": "Apple Pay", "google_pay": "Google Pay"}
OTHERS = {
    "paypal": "PayPal",
    "link": "Link",
    "us_bank_account": "US bank account",
    "sepa_debit": "SEPA direct debit",
    "customer_balance": "Bank transfer",
}
SLOW = ("us_bank_account", "sepa_debit", "customer_balance")
_PAYS_AT_ONCE, _PAYS_LATER = "4242424242424242", "4000008400000019"
_REFUSED_LATER, _REFUSED = "4000008400000027", "4000000000000002"


def other_method(world: World, kind: str, *, refused: bool, account: str = PLATFORM) -> Obj:
    """A way to pay that is no typed card: a wallet, or one that behaves like a card inside."""
    good, bad = (_PAYS_LATER, _REFUSED_LATER) if kind in SLOW else (_PAYS_AT_ONCE, _REFUSED)
    method = new_method(world, bad if refused else good, account=account)
    if kind in WALLETS:
        method["card"]["wallet"] = {"type": kind, "dynamic_last4": None}
    else:
        method["type"], method[kind] = kind, {}
    world.store.save(method)
    return method


def from_params(world: World, params: Params, account: str) -> Obj | None:
    """The method a request names by id, token or raw card data; None when it names none."""
    wanted = params.text("payment_method")
    if wanted in BY_TOKEN:
        return new_method(world, BY_TOKEN[wanted].number, account=account)
    if wanted is not None:
        method = world.store.find("payment_method", wanted, account)
        if method is None:
            raise no_such("payment_method", wanted, param=params.name("payment_method"), status=400)
        return method
    if "payment_method_data" in params:
        return from_data(world, params.nested("payment_method_data"), account)
    return None


def from_data(world: World, data: Params, account: str) -> Obj:
    kind = data.required("type")
    if kind != "card":
        raise not_in_double(f"payment methods of type {kind}", data.name("type"))
    card = data.nested("card")
    if (token := card.text("token")) is not None:
        found = BY_TOKEN.get(token.replace("tok_", "pm_card_"))
        if found is None:
            raise no_such("token", token, param=card.name("token"), status=400)
        number, month, year = found.number, 12, 2034
    else:
        number = card.required("number").replace(" ", "")
        month, year = card.integer("exp_month") or 0, card.integer("exp_year") or 0
        refusal = card_fault(world, number, month, year)
        if refusal is not None:
            raise refusal
    return new_method(
        world,
        number,
        month=month,
        year=year,
        billing_details=data.plain("billing_details"),
        metadata=data.metadata(),
        account=account,
    )


def card_fault(world: World, number: str, month: int, year: int) -> StripeError | None:
    """The provider's own refusal of card data that no bank needs to see."""
    if not number.isdigit() or not 12 <= len(number) <= 19 or not luhn_valid(number):
        return _card_refused("The card number is incorrect.", "incorrect_number", "number")
    if not 1 <= month <= 12:
        return _card_refused(
            "The card's expiration month is invalid.", "invalid_expiry_month", "exp_month"
        )
    if not 2000 <= year <= 2100:
        return _card_refused(
            "The card's expiration year is invalid.", "invalid_expiry_year", "exp_year"
        )
    today = world.clock.now()
    if (year, month) < year_and_month(today):
        return _card_refused(
            "The card's expiration date is in the past.", "invalid_expiry_year", "exp_year"
        )
    return None


def year_and_month(moment: int) -> tuple[int, int]:
    date = datetime.fromtimestamp(moment, UTC)
    return date.year, date.month


def _card_refused(message: str, code: str, param: str) -> StripeError:
    return StripeError(message, status=402, kind="card_error", code=code, param=param)
