"""Notices that come five times, in any order, days late, never, or lie."""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

from devtools.prove.buyers import Buyer, Crowd, one_of, provider_get, provider_list, provider_post
from devtools.prove.drill import Result, Stage, close, drill, rules_broken, stock_of
from devtools.prove.rig import Rig
from devtools.prove.staff import expect_alarm, hire

LEAVES = [("never returns", 1.0)]


@drill("FD11", "every notice five times in parallel", essential=True)
def fivefold(stage: Stage, result: Result) -> None:
    with stage.shop("FD11") as rig:
        _fivefold(stage, result, rig)


@drill(
    "FD11",
    "control: without already confirmed and one journal per fact",
    red_by=("booked more than once", "provider difference"),
)
def fivefold_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop("FD11-twice", without=("already confirmed",)) as rig:
        rig.sql("ALTER TABLE payments_payment DISABLE TRIGGER USER")
        rig.sql("ALTER TABLE orders_order DISABLE TRIGGER USER")
        _fivefold(stage, result, rig)


def _fivefold(stage: Stage, result: Result, rig: Rig) -> None:
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    rig.double.disturb("duplicate", times=None, copies=5)
    crowd.run(crowd.plan(stage.size(12, 40), one_of(rig.goods()), [("never returns", 0.5)]))
    close(rig, crowd, result, opening)
    doubled = rig.sql(
        "SELECT count(*) FROM (SELECT split_part(business_key, ':', 2) FROM ledger_journal"
        " WHERE business_key LIKE 'capture:%%' GROUP BY 1 HAVING count(*) > 1) x"
    )[0][0]
    result.numbers["notices"] = rig.sql("SELECT count(*) FROM payments_providerevent")[0][0]
    result.expect(doubled == 0, f"{doubled} charges were booked more than once")


@drill("FD12", "notices in every order", essential=True)
def permutations(stage: Stage, result: Result) -> None:
    """Pay with the notices held back and nobody coming home; then send them in every order."""
    with stage.shop("FD12") as rig:
        opening = stock_of(rig)
        rig.double.pause_webhooks()
        beat = rig.rest("beat")
        crowd = Crowd(rig, seed=stage.seed)
        orders = list(itertools.permutations(range(4)))[: stage.size(12, 24)]
        people = crowd.plan(len(orders), one_of(rig.goods()), LEAVES)
        crowd.run(people)
        events = _events_by_order(rig)
        for buyer, order in zip(people, orders, strict=True):
            names = events[buyer.story.tokens[0]]
            chosen = [names[place % len(names)] for place in order]
            rig.double.send_events(*chosen, chosen[0])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and _unhandled(rig):
            time.sleep(0.2)
        states = {str(state) for (state,) in rig.sql("SELECT DISTINCT state FROM orders_order")}
        result.numbers |= {"orders of notices": len(orders), "end states": "/".join(sorted(states))}
        result.expect(states == {"confirmed"}, f"end states differ: {states}")
        rig.resume(beat)
        rig.double.resume_webhooks()
        close(rig, crowd, result, opening)


@drill("FD12", "notices of payment, refund and lost dispute in every order", essential=True)
def aftermath(stage: Stage, result: Result) -> None:
    """Paid, refunded in part in the provider's dashboard, disputed and lost before the shop was
    told of anything; then every notice comes, in an order of its own for each buyer."""
    with stage.shop("FD12-after") as rig:
        opening = stock_of(rig)
        rig.double.pause_webhooks()
        beat = rig.rest("beat")
        crowd = Crowd(rig, seed=stage.seed)
        good = rig.goods()[3]
        people = crowd.plan(stage.size(6, 24), one_of([good]), LEAVES)
        crowd.run(people)
        for charge in provider_list(rig, "/v1/charges"):
            provider_post(rig, "/v1/refunds", charge=charge["id"], amount="500")
            dispute = rig.double.open_dispute(charge["id"], amount=charge["amount"] - 500)
            rig.double.close_dispute(dispute["id"], "lost")
        events = _events_by_order(rig)
        dice = random.Random(f"{stage.seed}/aftermath")
        for place, buyer in enumerate(people):
            names = list(events[buyer.story.tokens[0]])
            if place == 1:
                names.reverse()
            elif place:
                dice.shuffle(names)
            rig.double.send_events(*names, names[0])
        rig.resume(beat)
        for _ in range(6):
            rig.until_none("SELECT 1 FROM payments_providerevent WHERE handled_at IS NULL", 5)
            rig.age(5)
        rig.until_none("SELECT 1 FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < 10")
        ends = _ends(rig)
        result.numbers |= {"orders of notices": len(people), "notices each": len(names)}
        result.numbers["end state"] = " or ".join(sorted(ends))
        result.expect(len(ends) == 1, f"end states differ: {sorted(ends)}")
        rig.double.resume_webhooks()
        close(rig, crowd, result, opening)


def _ends(rig: Rig) -> set[str]:
    """What each order came to: its state, its payment, its dispute, and its ledger's sums."""
    rows = rig.sql(
        "SELECT o.state, p.state, p.refunded_minor, (SELECT string_agg(d.state, '+')"
        " FROM payments_dispute d WHERE d.payment_id = p.id), (SELECT string_agg(r.state, '+')"
        " FROM payments_refund r WHERE r.payment_id = p.id) FROM orders_order o"
        " JOIN payments_payment p ON p.order_token = o.token"
    )
    return {", ".join(str(value) for value in row) for row in rows}


def _unhandled(rig: Rig) -> int:
    return int(
        rig.sql("SELECT count(*) FROM payments_providerevent WHERE handled_at IS NULL")[0][0]
    )


def _events_by_order(rig: Rig) -> dict[str, list[str]]:
    """The provider's notices of each order, oldest first."""
    found: dict[str, list[str]] = {}
    intents: dict[str, str] = {}
    events = list(reversed(provider_list(rig, "/v1/events")))
    for event in events:
        thing = event["data"]["object"]
        token = (thing.get("metadata") or {}).get("order_token")
        if token:
            intents[str(thing.get("payment_intent") or thing["id"])] = token
    for event in events:
        thing = event["data"]["object"]
        token = (thing.get("metadata") or {}).get("order_token")
        token = token or intents.get(str(thing.get("payment_intent") or ""))
        if token:
            found.setdefault(token, []).append(event["id"])
    return found


@drill("FD13", "notices never arrive; others are three days late", essential=True)
def silence(stage: Stage, result: Result) -> None:
    """Nobody returns and nothing is told: the sweeper must ask by itself, in time."""
    with stage.shop("FD13") as rig:
        opening = stock_of(rig)
        rig.double.pause_webhooks()
        crowd = Crowd(rig, seed=stage.seed)
        crowd.run(crowd.plan(stage.size(10, 30), one_of(rig.goods()), LEAVES))
        minutes = 0
        while minutes < 15 and rig.sql("SELECT 1 FROM orders_order WHERE state = 'pending'"):
            rig.age(1)
            minutes += 1
            time.sleep(3)
        left = rig.sql("SELECT count(*) FROM orders_order WHERE state = 'pending'")[0][0]
        result.numbers |= {"shop minutes until all confirmed": minutes}
        result.expect(left == 0, f"{left} paid orders are pending after {minutes} minutes")
        result.expect(minutes <= 3, f"the sweeper needed {minutes} minutes")
        rig.double.advance(72 * 3600)
        rig.age(72 * 60)
        rig.double.resume_webhooks()
        close(rig, crowd, result, opening)


LIES: dict[str, dict[str, Any]] = {
    "one cent less": {"amount_received": -1},
    "another currency": {"currency": "eur"},
    "another order": {"client_reference_id": "somebody-elses-order"},
    "another attempt": {"metadata": {"attempt": "pay:other:1"}},
    "real money in a test": {"livemode": True},
}


@drill("FD16", "genuine notices of the wrong payment", essential=True)
def lies(stage: Stage, result: Result) -> None:
    with stage.shop("FD16") as rig:
        _lies(stage, result, rig)


@drill("FD16", "control: without the look at what waits for a person", red_by=("nobody alarmed",))
def lies_unnoticed(stage: Stage, result: Result) -> None:
    with stage.shop("FD16-mute", without=("bells",)) as rig:
        _lies(stage, result, rig)


@drill("FD16", "control: without the comparison", red_by=("confirmed by a lie",), essential=True)
def lies_believed(stage: Stage, result: Result) -> None:
    with stage.shop("FD16-naive", without=("comparison",)) as rig:
        _lies(stage, result, rig)


def _lies(stage: Stage, result: Result, rig: Rig) -> None:
    """Nobody's order is confirmed by a lie, and who decides on payments is told by mail."""
    hire(rig, "review_payments")
    rig.double.pause_webhooks()
    crowd = Crowd(rig, seed=stage.seed)
    people = crowd.plan(len(LIES) * stage.size(1, 4), one_of(rig.goods()), LEAVES)
    crowd.run(people)
    strangers = crowd.plan(2, one_of(rig.goods()))
    crowd.each(strangers, lambda buyer: buyer.prepare() and buyer.place())
    for buyer in strangers:
        _tell_of_another_account(rig, buyer)
    for buyer, lie in zip(people, itertools.cycle(LIES.values()), strict=False):
        session = buyer.story.pages[-1].rstrip("/").rsplit("/", 1)[-1]
        found = provider_get(rig, f"/v1/checkout/sessions/{session}")
        _falsify(rig, found, lie)
    rig.double.resume_webhooks()
    deadline, first = time.monotonic() + 20, 0.0
    while time.monotonic() < deadline and rig.sql(
        "SELECT 1 FROM payments_payment WHERE state = 'created' OFFSET %s", [len(strangers)]
    ):
        rig.double.retry_webhooks()
        rig.age(1)
        time.sleep(1)
        if not first and rig.sql("SELECT 1 FROM payments_payment WHERE state = 'review'"):
            first = time.time()
    wrong = rig.sql("SELECT count(*) FROM orders_order WHERE state = 'confirmed'")[0][0]
    review = rig.sql("SELECT count(*) FROM payments_payment WHERE state = 'review'")[0][0]
    result.numbers |= {
        "lies": len(people) + len(strangers),
        "in review": review,
        "wrongly confirmed": wrong,
    }
    result.expect(wrong == 0, f"{wrong} orders were confirmed by a lie")
    result.expect(review == len(people), f"{review} of {len(people)} wait for a person")
    if review:
        expect_alarm(rig, result, "Payments are not what was asked for", since=first or time.time())
    broken = rules_broken(rig)
    result.expect(not broken, f"{broken} do not hold")


def _tell_of_another_account(rig: Rig, buyer: Buyer) -> None:
    """A genuine notice of a page paid at another account, made to name this unpaid one."""
    paid = "checkout.session.completed"
    event = next(e for e in provider_list(rig, "/v1/events") if e["type"] == paid)
    session = buyer.story.pages[-1].rstrip("/").rsplit("/", 1)[-1]
    rig.double.forge(event["id"], changes={"account": "acct_another", "data.object.id": session})


def _falsify(rig: Rig, session: dict, lie: dict) -> None:
    """Change the provider's own books, so that even asking it again tells the lie."""
    for name, value in lie.items():
        if name == "amount_received":
            intent = provider_get(rig, f"/v1/payment_intents/{session['payment_intent']}")
            rig.double.change_object(
                session["payment_intent"], amount_received=intent["amount_received"] + value
            )
        elif name == "metadata":
            rig.double.change_object(session["id"], metadata={**session["metadata"], **value})
        else:
            rig.double.change_object(session["id"], **{name: value})
