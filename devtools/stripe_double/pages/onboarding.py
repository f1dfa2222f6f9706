"""The pages of a connected account: onboarding, and a look at its money."""

from html import escape

from ..api.accounts import submit_details
from ..core.app import App
from ..core.http import Request, Response
from ..core.store import Obj
from ..core.world import World
from .html import form_of, money, notice, respond

ONBOARDING = "/connect/onboarding/"
DASHBOARD = "/connect/dashboard/"


def page(app: App, request: Request) -> Response | None:
    if request.path.startswith(ONBOARDING):
        return _onboarding(app.world, request)
    if request.path.startswith(DASHBOARD):
        return _dashboard(app.world, request.path.removeprefix(DASHBOARD))
    return None


def _onboarding(world: World, request: Request) -> Response:
    token = request.path.removeprefix(ONBOARDING)
    link = world.store.find("account_link", f"link_{token}")
    if link is None:
        return notice("No such page", "Ask the marketplace for a new link.", None, "", 404)
    if link["_used"] or link["expires_at"] < world.clock.now():
        return Response.redirect(link["_refresh_url"])
    account = world.store.by_id[link["_target"]]
    if request.method == "POST":
        decision = form_of(request).get("decision")
        if decision in ("complete", "leave"):
            if decision == "complete":
                submit_details(world, account)
            link["_used"] = True
            world.store.save(link)
            return Response.redirect(link["_return_url"])
    profile = account["business_profile"]
    return respond(
        "Receive payouts, test onboarding",
        "onboarding",
        action=request.path,
        name=profile.get("name") or account["email"] or "your business",
        account=account["id"],
        country=account["country"],
        currency=account["default_currency"].upper(),
    )


def _dashboard(world: World, identifier: str) -> Response:
    account = world.store.find("account", identifier)
    if account is None:
        return notice("No such account", "Check the address.", None, "", 404)
    rows = [
        f"<tr><td>{escape(payout['id'])}</td><td>{escape(payout['status'])}</td>"
        f'<td class="amount">{money(payout["amount"], payout["currency"])}</td></tr>'
        for payout in world.store.newest_first("payout")
        if payout["_account"] == identifier
    ]
    return respond(
        "Account, test",
        "dashboard",
        name=account["business_profile"].get("name") or identifier,
        balances_html=_balances(world, account),
        rows_html="".join(rows) or '<tr><td colspan="3">No payouts yet.</td></tr>',
    )


def _balances(world: World, account: Obj) -> str:
    purses = world.balances.get(account["id"], {})
    lines = [
        f"<li><span>{currency.upper()} available</span>"
        f"<span>{money(purse['available'], currency)}</span></li>"
        f"<li><span>{currency.upper()} on its way</span>"
        f"<span>{money(purse['pending'], currency)}</span></li>"
        for currency, purse in sorted(purses.items())
    ]
    return "".join(lines) or "<li><span>No money yet</span></li>"
