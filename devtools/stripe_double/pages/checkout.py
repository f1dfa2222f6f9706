"""The page on which a shopper pays a Checkout Session with a test card."""

import re
from html import escape

from ..core.app import App
from ..core.cards import BY_NUMBER, CARDS, TestCard
from ..core.errors import StripeError
from ..core.http import Request, Response
from ..core.methods import OTHERS, WALLETS, card_fault, new_method, other_method
from ..core.sessions import pay
from ..core.store import Obj
from ..core.world import World
from .html import fill, form_of, money, notice, respond

PREFIX = "/c/pay/"
Fields = dict[str, str]
_LABELS = {
    "email": "E-mail",
    "card": "Card number",
    "expiry": "Expiry (MM/YY)",
    "cvc": "Security code",
    "name": "Name on card",
}
_ATTRIBUTES = {
    "email": 'type="email" autocomplete="email"',
    "card": 'type="text" inputmode="numeric" autocomplete="cc-number" maxlength="23"',
    "expiry": 'type="text" inputmode="numeric" autocomplete="cc-exp" maxlength="9"',
    "cvc": 'type="text" inputmode="numeric" autocomplete="cc-csc" maxlength="4"',
    "name": 'type="text" autocomplete="cc-name" maxlength="120"',
}


def page(app: App, request: Request) -> Response | None:
    if not request.path.startswith(PREFIX):
        return None
    session = app.world.store.find("checkout.session", request.path.removeprefix(PREFIX))
    if session is None:
        return notice("No such payment page", "Check the address.", None, "", status=404)
    success = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    if session["status"] == "complete":
        if request.method == "POST":
            return Response.redirect(success)
        text = "There is nothing more to pay here."
        return notice("This payment is complete", text, success, "Go back to the shop")
    if session["status"] == "expired":
        text = "Nothing was charged. Go back to the shop to start the payment again."
        back = session["cancel_url"]
        return notice("This payment page has expired", text, back, "Go back to the shop", 410)
    if request.method == "POST":
        return _submit(app.world, session, form_of(request), success)
    return _show(app.world, session, session.get("_typed", {}), _last_refusal(app.world, session))


def _submit(world: World, session: Obj, fields: Fields, success: str) -> Response:
    if "saved" in fields:
        return _submit_saved(world, session, fields, success)
    if fields.get("method") in OTHERS | WALLETS:
        return _submit_other(world, session, fields, success)
    if "fill" in fields:
        return _show(world, session, _filled(fields, fields["fill"]))
    errors = _faults(world, session, fields)
    if errors:
        return _show(world, session, fields, errors=errors, status=422)
    session["_typed"] = {name: fields.get(name, "") for name in ("email", "card", "expiry", "name")}
    world.store.save(session)
    number, (month, year) = _digits(fields["card"]), _month_and_year(fields["expiry"])
    billing = {"email": session["customer_email"] or fields.get("email"), "name": fields["name"]}
    method = new_method(
        world,
        number,
        month=month,
        year=year,
        billing_details=billing,
        account=session["_account"],
    )
    try:
        pay(world, session, method)
    except StripeError as refusal:
        return _show(world, session, fields, refusal.message, status=402)
    intent = world.store.by_id[session["payment_intent"]]
    if intent["status"] == "requires_action":
        return Response.redirect(f"{world.base_url}/c/authenticate/{intent['id']}")
    return Response.redirect(success)


def _kept(world: World, session: Obj) -> list[Obj]:
    wanted = session["customer"]
    return [m for m in world.store.all("payment_method") if wanted and m["customer"] == wanted]


def _submit_saved(world: World, session: Obj, fields: Fields, success: str) -> Response:
    """Pay with a card that the shopper kept earlier."""
    method = next((m for m in _kept(world, session) if m["id"] == fields["saved"]), None)
    if method is None:
        return _show(world, session, fields, "This card is not kept any more.", status=422)
    try:
        pay(world, session, method)
    except StripeError as refusal:
        return _show(world, session, fields, refusal.message, status=402)
    return Response.redirect(success)


def _submit_other(world: World, session: Obj, fields: Fields, success: str) -> Response:
    """Pay with a wallet, PayPal or a bank; the button says how it ends."""
    method = other_method(
        world, fields["method"], refused="refused" in fields, account=session["_account"]
    )
    try:
        pay(world, session, method)
    except StripeError as refusal:
        return _show(world, session, fields, refusal.message, status=402)
    return Response.redirect(success)


def _filled(fields: Fields, number: str) -> Fields:
    card = BY_NUMBER.get(_digits(number))
    return fields | {
        "card": card.spaced if card else "",
        "expiry": fields.get("expiry") or "12/34",
        "cvc": "1234" if card and card.brand == "amex" else "123",
        "name": fields.get("name") or "Test Shopper",
        "email": fields.get("email") or "shopper@example.com",
    }


def _faults(world: World, session: Obj, fields: Fields) -> Fields:
    """What is wrong with the form, by field, in words that say what to do."""
    errors: Fields = {}
    email = fields.get("email", "")
    if not session["customer_email"] and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        errors["email"] = "Enter an e-mail address, such as name@example.com."
    month, year = _month_and_year(fields.get("expiry", ""))
    number = _digits(fields.get("card", ""))
    refusal = card_fault(world, number, 12, 2099)
    if refusal is not None:
        errors["card"] = "Check the card number: it is incomplete or mistyped."
    if card_fault(world, "4242424242424242", month, year) is not None:
        past = 1 <= month <= 12 and year >= 2000
        errors["expiry"] = (
            "This card has expired." if past else "Enter month and year, such as 12/34."
        )
    length = 4 if number[:2] in ("34", "37") else 3
    if not re.fullmatch(rf"\d{{{length}}}", fields.get("cvc", "")):
        errors["cvc"] = f"Enter the {length} digits of the security code."
    if not fields.get("name"):
        errors["name"] = "Enter the name on the card."
    return errors


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def _month_and_year(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\s*(\d{1,2})\s*[/ .-]?\s*(\d{4}|\d{2})\s*", text)
    if found is None:
        return 0, 0
    year = int(found[2])
    return int(found[1]), year if year > 99 else 2000 + year


def _last_refusal(world: World, session: Obj) -> str:
    if not session["payment_intent"]:
        return ""
    error = world.store.by_id[session["payment_intent"]]["last_payment_error"]
    return error["message"] if error else ""


def _show(
    world: World,
    session: Obj,
    fields: Fields,
    refusal: str = "",
    *,
    errors: Fields | None = None,
    status: int = 200,
) -> Response:
    wrong = errors or {}
    total = money(session["amount_total"], session["currency"])
    shown = {f"{name}_html": _field(name, fields, wrong) for name in _LABELS}
    if session["customer_email"]:
        email = escape(session["customer_email"])
        shown["email_html"] = f'<p class="known">Paying as <strong>{email}</strong></p>'
    back = ""
    if session["cancel_url"]:
        back = (
            f'<p><a href="{escape(session["cancel_url"])}">Back to the shop without paying</a></p>'
        )
    action = f"{PREFIX}{session['id']}"
    trouble = bool(refusal or wrong)
    return respond(
        f"{'Not paid yet: ' if trouble else ''}Test payment page, {total}",
        "pay",
        status=status,
        total=total,
        action=action,
        alert_html=_alert(refusal, wrong),
        lines_html="".join(_line(line) for line in session["_lines"]),
        back_html=back,
        saved_html="".join(
            fill(
                "saved",
                id=m["id"],
                name=f"{m['card']['brand']} {m['card']['last4']}",
                action=action,
            )
            for m in _kept(world, session)
        ),
        others_html="".join(_other(kind, action) for kind in _offered(session)),
        cards_html="".join(_card(card, action) for card in CARDS if card.shown),
        **shown,
    )


def _alert(refusal: str, errors: Fields) -> str:
    if refusal:
        again = "You have not been charged. Correct the details or use another card."
        return fill("alert", heading=refusal, text_html=f"<p>{again}</p>")
    if not errors:
        return ""
    items = "".join(
        f'<li><a href="#{name}">{escape(text)}</a></li>' for name, text in errors.items()
    )
    return fill("alert", heading="Check these details", text_html=f"<ul>{items}</ul>")


def _field(name: str, fields: Fields, errors: Fields) -> str:
    value = "" if name == "cvc" and "fill" not in fields else fields.get(name, "")
    notes, attributes = "", _ATTRIBUTES[name]
    if name in errors:
        attributes += f' aria-describedby="{name}-error" aria-invalid="true"'
        notes = f'<span class="error" id="{name}-error">{escape(errors[name])}</span>'
    return fill(
        "field",
        name=name,
        label=_LABELS[name],
        value=value,
        attributes_html=attributes,
        notes_html=notes,
    )


def _line(line: Obj) -> str:
    note = f"<small>{escape(line['_note'])}</small>" if line["_note"] else ""
    times = f"{line['quantity']} × " if line["quantity"] > 1 else ""
    amount = money(line["amount_total"], line["currency"])
    name = escape(f"{times}{line['description']}")
    return f"<li><span>{name}{note}</span><span>{escape(amount)}</span></li>"


def _offered(session: Obj) -> list[str]:
    types = session["payment_method_types"]
    return [*(WALLETS if "card" in types else ()), *(kind for kind in types if kind in OTHERS)]


def _other(kind: str, action: str) -> str:
    return fill("other", kind=kind, name=(OTHERS | WALLETS)[kind], action=action)


def _card(card: TestCard, action: str) -> str:
    return fill("card", number=card.number, spaced=card.spaced, does=card.does, action=action)
