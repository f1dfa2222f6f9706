"""Money that is reserved first and taken when all is ready: in part, too late, or never."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from devtools.prove.buyers import Buyer, Crowd, GaveUp, provider_get
from devtools.prove.drill import Result, Stage, drill, rules_broken, stock_of
from devtools.prove.figures import NAMES, _ledger, mails
from devtools.prove.rig import Rig

AWAITING = "SELECT token FROM orders_order WHERE awaits_capture AND token = ANY(%s)"
SENT_UNPAID = """
SELECT count(*) FROM fulfillment_shipment s
JOIN orders_sellerorder p ON p.id = s.seller_order_id JOIN orders_order o ON o.id = p.order_id
WHERE NOT EXISTS (
    SELECT 1 FROM payments_payment y WHERE y.order_token = o.token AND y.state = 'captured'
)
"""


@drill("FD33", "one seller of three cannot deliver; reserved money lapses", essential=True)
def partly(stage: Stage, result: Result) -> None:
    with stage.shop("FD33", PAYMENT_ON_SHIPPING=True) as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        groups = _ordered(crowd, result, stage.size(2, 12))
        _one_cannot_deliver(rig, result, groups[0])
        _lapsed(rig, result, groups[1], groups[2])
        _left_and_paid(rig, result, opening)
        crowd.witness.close()


@drill(
    "FD33",
    "control: without what keeps unpaid goods in the house",
    red_by=("unpaid",),
    essential=True,
)
def partly_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop(
        "FD33-naive", without=("charged before it leaves",), PAYMENT_ON_SHIPPING=True
    ) as rig:
        rig.sql("ALTER TABLE orders_sellerorder DISABLE TRIGGER sent_is_charged")
        rig.sql("ALTER TABLE orders_orderline DISABLE TRIGGER sent_is_charged")
        crowd = Crowd(rig, seed=stage.seed)
        _ordered(crowd, result, 1)
        crowd.witness.close()


def _ordered(
    crowd: Crowd, result: Result, each: int
) -> tuple[list[Buyer], list[Buyer], list[Buyer]]:
    """Orders of three sellers, all confirmed on reserved money; then everybody tries to send."""
    rig = crowd.rig
    firsts: dict[int, int] = {}
    for good in rig.goods():
        firsts.setdefault(good.seller_id, good.variant_id)

    def of_each_seller(dice: random.Random) -> dict[int, int]:
        return {variant: dice.randint(1, 2) for variant in firsts.values()}

    people = crowd.plan(3 * each, of_each_seller)
    crowd.run(people)
    reserved = rig.sql("SELECT count(*) FROM orders_order WHERE awaits_capture")[0][0]
    result.numbers |= {"orders": len(people), "reserved": reserved}
    result.expect(reserved == len(people), f"{reserved} of {len(people)} are reserved")
    _nothing_leaves(rig, result)
    return people[:each], people[each : 2 * each], people[2 * each :]


def _nothing_leaves(rig: Rig, result: Result) -> None:
    told = rig.call("try_to_ship")
    sent = rig.sql(SENT_UNPAID)[0][0]
    result.numbers["refused to send"] = result.numbers.get("refused to send", 0) + told["refused"]
    result.expect(sent == 0, f"{sent} parcels were sent unpaid")


def _tokens(people: list[Buyer]) -> list[str]:
    return [buyer.story.tokens[0] for buyer in people]


def _one_cannot_deliver(rig: Rig, result: Result, people: list[Buyer]) -> None:
    """The sellers answer; who takes the money is killed after the provider took it."""
    tokens = _tokens(people)
    money = rig.rest("money")
    rig.call("answer_parts", tokens=tokens, cannot=1)
    for token, place in zip(tokens, ("after_capture", "capture_agreed"), strict=False):
        killed = rig.call("settle_order", token=token, failpoints=f"{place}=die@1")
        result.expect(killed is None, f"nobody died at {place}")
    rig.resume(money)
    _until_charged(rig, result, tokens)


def _lapsed(rig: Rig, result: Result, payers: list[Buyer], others: list[Buyer]) -> None:
    """The seven days pass, then the sellers are ready: some pay anew, some never."""
    rig.double.pause_webhooks()
    rig.double.hasten("expire_authorization")
    rig.call("answer_parts", tokens=_tokens(payers), cannot=2)
    rig.double.resume_webhooks()
    asked = "SELECT count(*) FROM payments_payment WHERE renew_by IS NOT NULL"
    deadline = time.monotonic() + 60
    both = len(payers) + len(others)
    while rig.sql(asked)[0][0] < both and time.monotonic() < deadline:
        rig.age(1)
        time.sleep(0.5)
    anew = rig.sql(asked)[0][0]
    result.numbers["asked anew"] = anew
    result.expect(anew == both, f"{anew} of {both} were asked for a new payment")
    _nothing_leaves(rig, result)
    while _asked_by_mail(rig) < both and time.monotonic() < deadline:
        time.sleep(0.3)
    for buyer in payers:
        with suppress(GaveUp):
            token = buyer.story.tokens[0]
            answer = buyer.browser.insist("retry", "POST", f"/checkout/retry/{token}/", {})
            if "/c/pay/" in answer.location:
                buyer.pay(answer.location)
                buyer.browser.insist("return", "GET", f"/checkout/return/{token}/")
    _until_charged(rig, result, _tokens(payers))
    rig.age(4 * 24 * 60)
    waiting = "SELECT 1 FROM orders_order WHERE awaits_capture"
    result.expect(rig.until_none(waiting, 30), "an order without a new payment is not given up")


def _asked_by_mail(rig: Rig) -> int:
    return sum(subject.startswith("Please pay for order") for _, subject, _ in mails(rig))


def _until_charged(rig: Rig, result: Result, tokens: list[str]) -> None:
    deadline = time.monotonic() + 60
    while rig.sql(AWAITING, [tokens]) and time.monotonic() < deadline:
        rig.age(1)
        time.sleep(0.5)
    left = len(rig.sql(AWAITING, [tokens]))
    result.expect(left == 0, f"{left} orders are still not charged")


def _left_and_paid(rig: Rig, result: Result, opening: dict[int, int]) -> None:
    """Everything charged leaves; then provider, books and shelves are held against each other."""
    told = rig.call("try_to_ship")
    result.numbers["sent"] = told["left"]
    result.expect(told["refused"] == 0, f"{told['refused']} charged parts could not be sent")
    _until_quiet(rig, result)
    taken = _taken(rig, result)
    result.numbers["charged"] = taken
    refunds = rig.sql("SELECT count(*) FROM payments_refund")[0][0]
    result.expect(refunds == 0, f"{refunds} refunds of what should never have been charged")
    wrong: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
    _ledger(rig, lambda name, units, note: wrong.update({name: units}))
    for name, units in wrong.items():
        result.expect(not units, f"{name}: {units}")
    _shelves(rig, result, opening)
    asked = [one for one in mails(rig) if one[1].startswith("Please pay for order")]
    result.expect(
        len(asked) == result.numbers["asked anew"], f"{len(asked)} mails ask to pay again"
    )
    broken = rules_broken(rig)
    result.expect(not broken, f"{broken} do not hold")


def _until_quiet(rig: Rig, result: Result) -> None:
    deadline = time.monotonic() + 60
    while rig.waiting() and time.monotonic() < deadline:
        time.sleep(0.5)
        rig.age(1)
    left = rig.waiting()
    result.expect(not left, f"there still wait {left}")


def _taken(rig: Rig, result: Result) -> int:
    """What the provider took of each order must be what goes ahead of it, to the cent."""
    rows = rig.sql(
        "SELECT o.token, coalesce(sum(p.total_minor) FILTER (WHERE p.state <> 'canceled'), 0)::int,"
        " (SELECT array_agg(y.provider_payment) FROM payments_payment y"
        "  WHERE y.order_token = o.token AND y.provider_payment IS NOT NULL)"
        " FROM orders_order o JOIN orders_sellerorder p ON p.order_id = o.id GROUP BY o.id"
    )
    charged = 0
    for token, should, payments in rows:
        intents: list[dict[str, Any]] = [
            provider_get(rig, f"/v1/payment_intents/{payment}") for payment in payments or ()
        ]
        taken = sum(intent["amount_received"] for intent in intents)
        held = sum(intent["amount_capturable"] for intent in intents)
        result.expect(taken == should, f"{token}: {taken} was taken, not {should}")
        result.expect(held == 0, f"{token}: {held} is still reserved")
        charged += bool(taken)
    return charged


def _shelves(rig: Rig, result: Result, opening: dict[int, int]) -> None:
    gone = dict(
        rig.sql(
            "SELECT variant_id, sum(quantity - canceled_quantity)::int FROM orders_orderline"
            " GROUP BY variant_id"
        )
    )
    for variant, on_hand in stock_of(rig).items():
        should = opening[variant] - gone.get(variant, 0)
        result.expect(on_hand == should, f"variant {variant}: {on_hand} on hand, not {should}")
