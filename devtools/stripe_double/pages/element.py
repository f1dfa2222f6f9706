"""A stand-in for the provider's browser script: the fields of one session in the shop's page.

In reality the fields are frames of the provider. Here they are plain inputs, so that
a test can fill them in; their values go to the double and nowhere else.
"""

from pathlib import Path

from ..core.app import App
from ..core.errors import StripeError
from ..core.http import Request, Response
from ..core.methods import OTHERS, WALLETS, new_method, other_method
from ..core.sessions import pay
from .html import form_of

SCRIPT = "/js/stripe.js"
PREFIX = "/c/element/"
_TEXT = Path(__file__).with_name("element.js").read_text()
_OPEN = {"Access-Control-Allow-Origin": "*"}


def page(app: App, request: Request) -> Response | None:
    if request.path == SCRIPT:
        headers = {"Content-Type": "text/javascript; charset=utf-8"}
        return Response(200, _TEXT.replace("$BASE", app.world.base_url).encode(), headers)
    if not request.path.startswith(PREFIX) or request.method != "POST":
        return None
    secret = request.path.removeprefix(PREFIX)
    session = app.world.store.find("checkout.session", secret.partition("_secret_")[0])
    if session is None or session["client_secret"] != secret:
        return Response.json(404, {"error": "No such session."}, **_OPEN)
    if session["status"] != "open":
        return Response.json(400, {"error": "This payment is complete or expired."}, **_OPEN)
    fields = form_of(request)
    account = session["_account"]
    if fields.get("method") in OTHERS | WALLETS:
        method = other_method(app.world, fields["method"], refused=False, account=account)
    else:
        number = fields.get("card", "").replace(" ", "")
        method = new_method(app.world, number or "4242424242424242", account=account)
    try:
        pay(app.world, session, method)
    except StripeError as refusal:
        return Response.json(200, {"error": refusal.message}, **_OPEN)
    intent = app.world.store.by_id[session["payment_intent"]]
    leads_to = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    if intent["status"] == "requires_action":
        leads_to = f"{app.world.base_url}/c/authenticate/{intent['id']}"
    return Response.json(200, {"leads_to": leads_to}, **_OPEN)
