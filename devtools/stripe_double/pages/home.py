"""The front page of the double: what it holds and what it has sent."""

from html import escape

from ..core.app import App
from ..core.http import Request, Response
from ..core.store import PLATFORM
from ..core.world import World
from .html import money, respond

SHOWN = 15


def page(app: App, request: Request) -> Response | None:
    if request.path != "/":
        return None
    world = app.world
    return respond(
        "Stripe double",
        "home",
        url=world.base_url,
        hooks=app.webhooks.url or "nowhere (no address was given)",
        balances_html=_balances(world),
        payments_html=_payments(world),
        events_html=_events(world),
    )


def _row(*cells: str, amount: str | None = None) -> str:
    end = f'<td class="amount">{escape(amount)}</td>' if amount is not None else ""
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + end + "</tr>"


def _balances(world: World) -> str:
    rows = []
    for account, purses in world.balances.items():
        name = "Platform"
        if account != PLATFORM:
            profile = world.store.by_id[account]["business_profile"]
            name = profile.get("name") or account
        rows += [
            _row(name, amount=money(purse["available"] + purse["pending"], currency))
            for currency, purse in purses.items()
        ]
    return "".join(rows) or '<tr><td colspan="2">No money yet.</td></tr>'


def _payments(world: World) -> str:
    newest = list(world.store.newest_first("payment_intent"))[:SHOWN]
    rows = [_row(i["id"], i["status"], amount=money(i["amount"], i["currency"])) for i in newest]
    return "".join(rows) or '<tr><td colspan="3">No payments yet.</td></tr>'


def _events(world: World) -> str:
    newest = list(world.store.newest_first("event"))[:SHOWN]
    rows = [_row(e["type"], e["delivery"], str(e["attempts"])) for e in newest]
    return "".join(rows) or '<tr><td colspan="3">No events yet.</td></tr>'
