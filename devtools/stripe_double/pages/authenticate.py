"""The bank's question (3-D Secure): approve or refuse a payment."""

from urllib.parse import urlencode

from ..core import charging
from ..core.app import App
from ..core.cards import MESSAGES
from ..core.errors import StripeError
from ..core.http import Request, Response
from ..core.sessions import after_authentication
from ..core.store import Obj
from ..core.world import World, public
from .html import form_of, money, notice, respond

PREFIX = "/c/authenticate/"


def page(app: App, request: Request) -> Response | None:
    if not request.path.startswith(PREFIX):
        return None
    world = app.world
    intent = world.store.find("payment_intent", request.path.removeprefix(PREFIX))
    if intent is None:
        return notice("No such payment", "Check the address.", None, "", status=404)
    if intent["status"] != "requires_action":
        return _onward(world, intent)
    if request.method == "POST":
        decision = form_of(request).get("decision")
        if decision == "approve":
            _approve(world, intent)
            return _onward(world, intent)
        if decision == "refuse":
            _refuse(world, intent)
            return _onward(world, intent)
    return respond(
        "Bank confirmation, test",
        "authenticate",
        total=money(intent["amount"], intent["currency"]),
        action=request.path,
        last4=world.store.by_id[intent["payment_method"]]["card"]["last4"],
    )


def _approve(world: World, intent: Obj) -> None:
    method = world.store.by_id[intent["payment_method"]]
    charging.attempt(world, intent, method, authenticated=True)
    after_authentication(world, intent)


def _refuse(world: World, intent: Obj) -> None:
    code = "payment_intent_authentication_failure"
    method = world.store.by_id[intent["payment_method"]]
    refusal = StripeError(
        MESSAGES[code],
        status=402,
        kind="card_error",
        code=code,
        payment_method=public(method),
    )
    charging.fail(world, intent, refusal)


def _onward(world: World, intent: Obj) -> Response:
    paid = intent["status"] in ("succeeded", "requires_capture", "processing")
    if intent["_session"]:
        session = world.store.by_id[intent["_session"]]
        if session["status"] == "complete":
            url = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
            return Response.redirect(url)
        return Response.redirect(f"{world.base_url}/c/pay/{session['id']}")
    if intent["_return_url"]:
        query = urlencode(
            {
                "payment_intent": intent["id"],
                "payment_intent_client_secret": intent["client_secret"],
                "redirect_status": "succeeded" if paid else "failed",
            }
        )
        joint = "&" if "?" in intent["_return_url"] else "?"
        return Response.redirect(f"{intent['_return_url']}{joint}{query}")
    return notice("Thank you", "You can close this page.", None, "")
