"""The control API under /_control/: faults, webhooks, the clock, and decisions of third parties.

Every command takes JSON and answers JSON; a command that makes no sense answers 400 with a
sentence in `error`.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .api import accounts
from .core import disputing, payouts
from .core.app import App
from .core.charging import decide_delayed
from .core.errors import StripeError
from .core.faults import OUTAGES
from .core.http import Request, Response
from .core.refunding import resolve_refund
from .core.store import Obj
from .core.summary import summary
from .core.world import public

Values = dict[str, Any]
Command = Callable[[App, Values], Any]
COMMANDS: dict[tuple[str, str], Command] = {}
# These wait for the network.
UNLOCKED = {"reset", "webhooks/wait", "webhooks/send", "webhooks/forge"}


def command(method: str, name: str) -> Callable[[Command], Command]:
    def register(function: Command) -> Command:
        COMMANDS[method, name] = function
        return function

    return register


def handle(app: App, request: Request) -> Response | None:
    name = request.path.removeprefix("/_control").strip("/")
    found = COMMANDS.get((request.method, name))
    if found is None:
        return None
    try:
        values = json.loads(request.body or b"{}")
        if name in UNLOCKED:
            return Response.json(200, found(app, values))
        with app.world.lock:
            app.world.run_due()
            answer = Response.json(200, found(app, values))
            app.world.run_due()
            app.commit()
            return answer
    except StripeError as refusal:
        return Response.json(400, {"error": refusal.message})
    except (ValueError, KeyError, TypeError) as error:
        return Response.json(400, {"error": f"{type(error).__name__}: {error}"})


def _object(app: App, kind: str, values: Values) -> Obj:
    obj = app.world.store.find(kind, values["id"])
    if obj is None:
        raise ValueError(f"there is no {kind} {values['id']}")
    return obj


# -- faults and settings ------------------------------------------------------------------


@command("GET", "faults")
def show_faults(app: App, values: Values) -> Any:
    return app.faults.describe()


@command("POST", "faults")
def add_fault(app: App, values: Values) -> Any:
    return asdict(app.faults.add(values))


@command("DELETE", "faults")
def clear_faults(app: App, values: Values) -> Any:
    app.faults.clear()
    app.webhooks.pause(False)
    return app.faults.describe()


@command("POST", "outage")
def outage(app: App, values: Values) -> Any:
    """`mode` is refuse, 503 or hang; null ends the outage. Events wait while it lasts."""
    mode = values["mode"]
    if mode is not None and mode not in OUTAGES:
        raise ValueError(f"mode must be null or one of {', '.join(OUTAGES)}")
    app.faults.outage = mode
    app.webhooks.pause(mode is not None)
    return app.faults.describe()


@command("POST", "settings")
def settings(app: App, values: Values) -> Any:
    app.world.behavior.change(values)
    return asdict(app.world.behavior)


@command("POST", "clock")
def clock(app: App, values: Values) -> Any:
    app.world.advance(float(values["advance"]))
    return {"now": app.world.clock.now()}


@command("POST", "hasten")
def hasten(app: App, values: Values) -> Any:
    """Such as "expire_authorization": what the clock would bring is there now."""
    return {"done": app.world.hasten(str(values["job"]))}


@command("POST", "reset")
def reset(app: App, values: Values) -> Any:
    """Begin anew; no event of what was before arrives after this has answered."""
    app.webhooks.discard()
    with app.world.lock:
        app.faults.clear()
        app.webhooks.pause(False)
        app.world.reset()
        app.commit()
    return {}


@command("GET", "state")
def state(app: App, values: Values) -> Any:
    return summary(app.world)


# -- webhooks -----------------------------------------------------------------------------


@command("GET", "webhooks")
def show_webhooks(app: App, values: Values) -> Any:
    events = [
        public(record) | {"account": record["_account"]}
        for record in app.world.store.newest_first("event")
    ]
    return {
        "url": app.webhooks.url,
        "paused": app.webhooks.paused,
        "queued": app.webhooks.queued(),
        "rules": [asdict(rule) for rule in app.webhooks.rules],
        "events": events,
    }


@command("POST", "webhooks")
def configure_webhooks(app: App, values: Values) -> Any:
    """Change url, secrets (several during a rotation), connect_secrets or paused."""
    for name in ("url", "secrets", "connect_secrets"):
        if name in values:
            setattr(app.webhooks, name, values[name])
    if "paused" in values:
        app.webhooks.pause(bool(values["paused"]))
    return {"url": app.webhooks.url, "paused": app.webhooks.paused}


@command("POST", "webhooks/rules")
def add_rule(app: App, values: Values) -> Any:
    return asdict(app.webhooks.add_rule(values))


@command("DELETE", "webhooks/rules")
def clear_rules(app: App, values: Values) -> Any:
    app.webhooks.clear_rules()
    return {}


@command("POST", "webhooks/redeliver")
def redeliver(app: App, values: Values) -> Any:
    app.webhooks.redeliver(_object(app, "event", values)["id"], int(values.get("times", 1)))
    return {}


@command("POST", "webhooks/retry")
def retry(app: App, values: Values) -> Any:
    app.webhooks.retry_now()
    return {}


@command("POST", "webhooks/wait")
def wait(app: App, values: Values) -> Any:
    return {"quiet": app.webhooks.wait_until_quiet(float(values.get("timeout", 10)))}


@command("POST", "webhooks/send")
def send(app: App, values: Values) -> Any:
    """Send events now, one after the other in this order; answers the shop's statuses."""
    records = [_object(app, "event", {"id": identifier}) for identifier in values["ids"]]
    return {"statuses": [app.webhooks.post(r["_text"], app.webhooks.secrets) for r in records]}


@command("POST", "webhooks/forge")
def forge(app: App, values: Values) -> Any:
    """Send a changed copy of an event, properly signed unless told otherwise.

    `changes` are merged into the event (dotted names reach inside: "data.object.amount");
    `secret` and `timestamp` spoil the signature, `new_id` gives the copy its own id.
    """
    record = _object(app, "event", values)
    event = json.loads(record["_text"])
    if values.get("new_id", True):
        event["id"] = app.world.new_id("evt_")
    for name, value in values.get("changes", {}).items():
        *path, last = name.split(".")
        node = event
        for part in path:
            node = node[part]
        node[last] = value
    secrets = [values["secret"]] if "secret" in values else app.webhooks.secrets
    text = json.dumps(event, separators=(",", ":"))
    status = app.webhooks.post(text, secrets, timestamp=values.get("timestamp"))
    return {"id": event["id"], "status": status}


# -- decisions of shoppers, banks and the provider ----------------------------------------


@command("POST", "payments/resolve")
def resolve_payment(app: App, values: Values) -> Any:
    intent = _object(app, "payment_intent", values)
    if intent["status"] != "processing":
        raise ValueError(f"{intent['id']} is {intent['status']}, not processing")
    decide_delayed(app.world, intent["id"], values.get("result", "succeeded"))
    return public(intent)


@command("POST", "refunds/resolve")
def end_refund(app: App, values: Values) -> Any:
    refund = _object(app, "refund", values)
    resolve_refund(app.world, refund["id"], values.get("failure"))
    return public(refund)


@command("POST", "disputes/open")
def open_dispute(app: App, values: Values) -> Any:
    charge = _object(app, "charge", {"id": values["charge"]})
    reason = values.get("reason", "fraudulent")
    opened: Obj = disputing.open_dispute(app.world, charge["id"], reason, values.get("amount"))
    return public(opened)


@command("POST", "disputes/close")
def close_dispute(app: App, values: Values) -> Any:
    dispute, status = _object(app, "dispute", values), values["status"]
    if status not in ("won", "lost"):
        raise ValueError("status must be won or lost")
    return_fee = bool(values.get("return_fee"))
    return public(disputing.close_dispute(app.world, dispute, status, return_fee=return_fee))


@command("POST", "payouts/fail")
def fail_payout(app: App, values: Values) -> Any:
    payout = _object(app, "payout", values)
    payouts.fail(app.world, payout, values.get("code", "account_closed"))
    return public(payout)


@command("POST", "accounts/complete")
def complete_account(app: App, values: Values) -> Any:
    account = _object(app, "account", values)
    accounts.submit_details(app.world, account, values.get("currencies", []))
    return public(account)


@command("POST", "accounts/disable")
def disable_account(app: App, values: Values) -> Any:
    account = _object(app, "account", values)
    reason = values.get("reason", "requirements.past_due")
    accounts.disable(app.world, account, reason, values.get("due", []))
    return public(account)


@command("POST", "accounts/enable")
def enable_account(app: App, values: Values) -> Any:
    account = _object(app, "account", values)
    accounts.enable(app.world, account)
    return public(account)


@command("POST", "objects/change")
def change_object(app: App, values: Values) -> Any:
    """Falsify a stored object behind everyone's back (a fee, an amount) without an event."""
    obj = app.world.store.by_id.get(values["id"])
    if obj is None:
        raise ValueError(f"there is no object {values['id']}")
    if obj["_kind"] == "balance_transaction":
        app.world.count(obj, -1)
    obj.update({name: value for name, value in values["changes"].items() if name[0] != "_"})
    if obj["_kind"] == "balance_transaction":
        app.world.count(obj)
    app.world.store.save(obj)
    return public(obj)
