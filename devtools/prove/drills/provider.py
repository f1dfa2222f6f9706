"""A provider that loses answers, stores failures, or is paid too late."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from devtools.prove.buyers import (
    REFUND_FAILS,
    SLOW_CARD,
    Buyer,
    Crowd,
    one_of,
    provider_get,
    provider_list,
)
from devtools.prove.drill import Result, Stage, close, drill, rules_broken, stock_of
from devtools.prove.drills.paying import connect, pay_everybody
from devtools.prove.figures import mails, provider_charges
from devtools.prove.rig import Rig

PAGES = "/v1/checkout/sessions*"
ACTIVE = "SELECT 1 FROM inventory_reservation WHERE state = 'active'"
FAILING_BANK = "4000008400000027"


def buy_through(
    stage: Stage, result: Result, rig: Rig, count: int, *, at_once: int = 8
) -> tuple[Crowd, dict[int, int]]:
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    manners = [("never returns", 0.1), ("places again", 0.4)]
    crowd.run(crowd.plan(count, one_of(rig.goods(), lines=2), manners), at_once=at_once)
    return crowd, opening


@drill("FD27", "the answer is lost after the effect", essential=True)
def lost_answers(stage: Stage, result: Result) -> None:
    with stage.shop("FD27") as rig:
        rig.double.fault("timeout_after", method="POST", path=PAGES, times=3, seconds=6, skip=1)
        rig.double.fault("timeout_after", method="POST", path="/v1/refunds", times=1, seconds=6)
        crowd, opening = buy_through(stage, result, rig, stage.size(12, 24))
        close(rig, crowd, result, opening)
        result.expect(paid_all(crowd), "somebody could not buy")


@drill("FD28", "a failure is stored under the key", essential=True)
def stored_failures(stage: Stage, result: Result) -> None:
    with stage.shop("FD28") as rig:
        rig.double.fault("500_stored", method="POST", path=PAGES, times=4, skip=1)
        rig.double.fault("500_after", method="POST", path=PAGES, times=4, skip=6)
        crowd, opening = buy_through(stage, result, rig, stage.size(14, 28))
        close(rig, crowd, result, opening)
        result.expect(paid_all(crowd), "somebody could not buy")


def paid_all(crowd: Crowd) -> bool:
    """Whether everybody who came has paid."""
    return all(story.paid_pages for story in crowd.witness.stories)


@drill("FD31", "paid after the hold has lapsed: goods there, goods gone", essential=True)
def too_late(stage: Stage, result: Result) -> None:
    with stage.shop("FD31") as rig:
        _too_late(stage, result, rig)


@drill("FD31", "control: without automatic return", red_by=("orphan money",), essential=True)
def too_late_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop("FD31-keep", without=("automatic return",)) as rig:
        _too_late(stage, result, rig)


def _too_late(stage: Stage, result: Result, rig: Rig) -> None:
    count = stage.size(5, 12)
    there, gone = rig.goods()[:2]
    opening = stock_of(rig, {gone.variant_id: count})
    crowd = Crowd(rig, seed=stage.seed)
    lucky = crowd.plan(count, one_of([there]))
    unlucky = [crowd.buyer({gone.variant_id: 1}) for _ in range(count)]
    quick = [crowd.buyer({gone.variant_id: 1}) for _ in range(count)]
    pages: dict[int, str | None] = {}

    def come(buyer: Buyer) -> None:
        pages[buyer.story.number] = buyer.place() if buyer.prepare() else None

    crowd.each([*lucky, *unlucky], come)
    rig.age(40)
    rig.until_none(ACTIVE)
    crowd.run(quick)

    def pay(buyer: Buyer) -> None:
        page = pages[buyer.story.number]
        if page and buyer.pay(page):
            buyer.finish(buyer.return_from_payment)

    crowd.each([*lucky, *unlucky], pay)
    close(rig, crowd, result, opening)
    confirmed = sum(buyer.story.ending == "confirmed" for buyer in lucky)
    result.numbers |= {"late, goods there": count, "late, goods gone": count}
    result.expect(confirmed == count, f"{confirmed} of {count} late buyers got what was there")
    told = {recipient for recipient, subject, _ in mails(rig) if "confirmed" not in subject}
    sorry = sum(buyer.story.email in told for buyer in unlucky)
    result.numbers["told by mail of the return"] = sorry
    if not result.is_control:
        result.expect(sorry == count, f"{sorry} of {count} were told that their money comes back")


@drill("FD32", "canceled, then paid from an old tab; both at once", essential=True)
def second_thoughts(stage: Stage, result: Result) -> None:
    with stage.shop("FD32") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(16, 40), one_of(rig.goods()))

        def hesitate(buyer: Buyer) -> None:
            page = buyer.place() if buyer.prepare() else None
            if page is None:
                return
            if buyer.story.number % 2:
                buyer.turn_back()
                buyer.story.ending = "paid after all" if buyer.pay(page) else "turned back"
                return
            with ThreadPoolExecutor(2) as pool:
                away_ = pool.submit(buyer.turn_back)
                pay = pool.submit(buyer.pay, page)
                away_.result()
                buyer.story.ending = "paid while canceling" if pay.result() else "turned back"

        crowd.each(people, hesitate, at_once=6)
        close(rig, crowd, result, opening)


@drill("FD34", "3-D Secure left open; a bank debit fails after three days")
def slow_banks(stage: Stage, result: Result) -> None:
    with stage.shop("FD34") as rig:
        opening = stock_of(rig)
        rig.double.settings(async_delay=10**7)
        crowd = Crowd(rig, seed=stage.seed)
        cards = ("4000002760003184", FAILING_BANK, SLOW_CARD)
        people = crowd.plan(3 * stage.size(2, 4), one_of(rig.goods()))

        def pay_slowly(buyer: Buyer) -> None:
            page = buyer.place() if buyer.prepare() else None
            if page:
                buyer.pay(page, card=cards[buyer.story.number % 3])
                buyer.story.ending = buyer.ask() or "waits for the bank"

        crowd.each(people, pay_slowly)
        early = rig.sql("SELECT count(*) FROM orders_order WHERE state = 'confirmed'")[0][0]
        result.expect(early == 0, f"{early} orders were confirmed before their money came")
        rig.age(3 * 24 * 60)
        rig.double.advance(3 * 24 * 3600)
        waiting = sorted(_processing(rig), key=lambda intent: str(intent["id"]))
        for place, intent in enumerate(waiting):
            rig.double.resolve_payment(intent["id"], "failed" if place % 2 else "succeeded")
        result.numbers |= {"decided late": len(waiting)}
        result.expect(bool(waiting), "no payment waited for its bank")
        time.sleep(2)
        close(rig, crowd, result, opening)


def _processing(rig: Rig) -> list[dict]:
    page = provider_get(rig, "/v1/payment_intents?limit=100")
    return [intent for intent in page["data"] if intent["status"] == "processing"]


@drill("FD35", "a refund waits for money and fails; its seller owes and earns it back")
def refund_waits(stage: Stage, result: Result) -> None:
    with stage.shop("FD35-waits") as rig:
        _refund_waits(stage, result, rig)


@drill("FD35", "control: without the provider's word", red_by=("provider difference",))
def refund_believed(stage: Stage, result: Result) -> None:
    with stage.shop("FD35-word", without=("refund's own word",)) as rig:
        _refund_waits(stage, result, rig)


def _refund_waits(stage: Stage, result: Result, rig: Rig) -> None:
    """Everything was paid out, so that neither seller nor marketplace has what a refund takes."""
    opening = stock_of(rig)
    rig.double.settings(refunds_when_short="pending")
    dear = rig.goods()[-1]
    crowd = Crowd(rig, seed=stage.seed)
    crowd.run([crowd.buyer({dear.variant_id: 1}) for _ in range(3)])
    connect(rig)
    _earn(rig)
    first = provider_charges(rig)[0]["id"]
    given = rig.call("give_goodwill", charges=[first], bps=8000)
    rig.until_none("SELECT 1 FROM payments_refund WHERE state = 'requested'", 30)
    states = [_refunds(rig)]
    owes = _balance(rig, f"payable:{dear.seller_id}")
    result.expect(owes == given, f"the seller's account says {owes}, not that it owes {given}")
    [refund] = provider_list(rig, "/v1/refunds")
    result.expect(refund["status"] == "pending", f"the refund is {refund['status']} there")
    rig.double.resolve_refund(refund["id"], "insufficient_funds")
    rig.until_none("SELECT 1 FROM payments_refund WHERE state = 'pending'", 30)
    states.append(_refunds(rig))
    result.expect(states == ["pending", "failed"], f"the refund was {states} here")
    crowd.run([crowd.buyer({dear.variant_id: 1}) for _ in range(3)])
    rig.double.advance(8 * 24 * 3600)
    rig.call("retry_refunds")
    rig.until_none("SELECT 1 FROM payments_refund WHERE state IN ('requested', 'pending')", 30)
    states.append(_refunds(rig))
    _earn(rig, extra=True)
    moved = sum(each["amount"] for each in rig.double.state()["transfers"])
    earned = rig.sql("SELECT coalesce(sum(amount_minor), 0)::bigint FROM payouts_earning")[0][0]
    left = rig.sql("SELECT coalesce(sum(open_minor), 0)::bigint FROM payouts_deduction")[0][0]
    result.numbers |= {"refund was": "/".join(states), "owed by the seller": owes}
    result.numbers |= {"earned": earned, "transferred": moved}
    result.expect(moved == earned - given, f"{moved} of {earned} was sent, {given} was owed")
    result.expect(left == 0, f"{left} of what the seller owed was not recovered")
    close(rig, crowd, result, opening)


def _earn(rig: Rig, *, extra: bool = False) -> None:
    rig.until_none("SELECT 1 FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < 10")
    rig.call("deliver_everything")
    rig.until_none("SELECT 1 FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < 10")
    rig.age(30 * 24 * 60)
    pay_everybody(rig, extra=extra)


def _refunds(rig: Rig) -> str:
    return "/".join(str(state) for (state,) in rig.sql("SELECT state FROM payments_refund"))


def _balance(rig: Rig, account: str) -> int:
    rows = rig.sql(
        "SELECT coalesce(sum(e.amount_minor), 0)::bigint FROM ledger_entry e"
        " JOIN ledger_account a ON a.id = e.account_id WHERE a.code = %s", [account]
    )  # fmt: skip
    return int(rows[0][0])


@drill("FD35", "a refund that its bank refuses for ever stays owed, and a person is told")
def refund_fails(stage: Stage, result: Result) -> None:
    """The shopper's money stays owed in the ledger, and a person is told."""
    with stage.shop("FD35") as rig:
        good = rig.goods()[0]
        stock_of(rig, {good.variant_id: 1})
        crowd = Crowd(rig, seed=stage.seed)
        late, quick = crowd.buyer({good.variant_id: 1}), crowd.buyer({good.variant_id: 1})
        page = late.place() if late.prepare() else None
        rig.age(40)
        rig.until_none(ACTIVE)
        quick.live()
        if page:
            late.pay(page, card=REFUND_FAILS)
            late.finish(late.return_from_payment)
        began = time.monotonic()
        while time.monotonic() - began < 40:
            rig.age(61)
            time.sleep(2)
            if rig.sql("SELECT 1 FROM payments_refund WHERE state = 'failed'"):
                break
        states = [s for (s,) in rig.sql("SELECT state FROM payments_refund")]
        owed = -_balance(rig, "refunds:owed")
        result.numbers |= {"refunds": "/".join(states), "owed in the ledger": owed}
        result.expect(states == ["failed"], f"refunds are {states}")
        result.expect(owed == late.story.total_minor, f"{owed} owed, not {late.story.total_minor}")
        broken = rules_broken(rig)
        result.expect(all(rule.startswith("INV11") for rule in broken), f"{broken} do not hold")
