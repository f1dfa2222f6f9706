"""A provider that loses answers, stores failures, is slow, is away, or is paid too late."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from devtools.prove.buyers import (
    REFUND_FAILS,
    SLOW_CARD,
    Browser,
    Buyer,
    Crowd,
    GaveUp,
    one_of,
    provider_get,
)
from devtools.prove.drill import Result, Stage, close, drill, rules_broken, stock_of
from devtools.prove.figures import mails
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
        result.expect(_paid_all(crowd), "somebody could not buy")


@drill("FD28", "a failure is stored under the key", essential=True)
def stored_failures(stage: Stage, result: Result) -> None:
    with stage.shop("FD28") as rig:
        rig.double.fault("500_stored", method="POST", path=PAGES, times=4, skip=1)
        rig.double.fault("500_after", method="POST", path=PAGES, times=4, skip=6)
        crowd, opening = buy_through(stage, result, rig, stage.size(14, 28))
        close(rig, crowd, result, opening)
        result.expect(_paid_all(crowd), "somebody could not buy")


def _paid_all(crowd: Crowd) -> bool:
    return all(story.paid_pages for story in crowd.witness.stories)


@drill("FD29", "the provider is slow, and refuses bursts")
def slow(stage: Stage, result: Result) -> None:
    """While it is slow the shop's own pages must be quick: the fuse opens, nobody waits in line."""
    with stage.shop("FD29") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(12, 24), one_of(rig.goods()), [("places again", 0.3)])
        rig.double.fault("latency", path="/v1/*", times=None, seconds=30)
        stop = threading.Event()
        browsing: list[float] = []

        def browse() -> None:
            visitor = Browser(rig, crowd.witness, 0)
            while not stop.is_set():
                began = time.monotonic()
                visitor.insist("browse", "GET", "/")
                browsing.append(time.monotonic() - began)
                time.sleep(0.05)

        with ThreadPoolExecutor(len(people) + 1) as pool:
            watching = pool.submit(browse)
            buying = [pool.submit(buyer.live) for buyer in people]
            time.sleep(12)
            rig.double.clear_faults()
            rig.double.fault("429", path=PAGES, times=10)
            for each in buying:
                each.result()
            stop.set()
            watching.result()
        browsing.sort()
        result.numbers |= {
            "pages seen": len(browsing),
            "browse p95 ms": round(browsing[int(len(browsing) * 0.95)] * 1000),
        }
        time.sleep(6)  # the fuse's own pause
        waiting = [b for b in people if b.story.tokens and not b.story.paid_pages]
        crowd.each(waiting, _come_back)
        close(rig, crowd, result, opening)
        result.expect(_paid_all(crowd), "somebody could not pay afterwards")


@drill("FD30", "the provider is away")
def away(stage: Stage, result: Result) -> None:
    with stage.shop("FD30") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(8, 16), one_of(rig.goods()))
        rig.double.outage("refuse")
        crowd.each(people, _try_to_buy)
        visitor = Browser(rig, crowd.witness, 0)
        for path in ("/", "/cart/", rig.goods()[0].path):
            answer = visitor.insist("browse", "GET", path)
            result.expect(answer.status == 200, f"{path} answers {answer.status}")
        waiting = [buyer for buyer in people if buyer.story.tokens]
        result.numbers |= {"orders that wait": len(waiting)}
        rig.double.outage(None)
        time.sleep(6)  # the fuse's own pause
        crowd.each(waiting, _come_back)
        close(rig, crowd, result, opening)
        result.expect(len(waiting) == len(people), "an order was lost while the provider was away")
        result.expect(_paid_all(crowd), "somebody could not pay afterwards")


def _try_to_buy(buyer: Buyer) -> None:
    try:
        if buyer.prepare():
            answer = buyer.browser.insist("place", "POST", "/checkout/place/", buyer.form)
            buyer._after_place(answer)
    except GaveUp:
        return


def _come_back(buyer: Buyer) -> None:
    for _ in range(8):
        page = buyer._page_of(buyer.story.tokens[-1])
        if page:
            buyer.pay(page)
            buyer.finish(buyer.return_from_payment)
            return
        time.sleep(1)


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


@drill("FD35", "a refund waits for money at the provider, then fails")
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
        owed = rig.sql(
            "SELECT coalesce(-sum(e.amount_minor), 0)::bigint FROM ledger_entry e"
            " JOIN ledger_account a ON a.id = e.account_id WHERE a.code = 'refunds:owed'"
        )[0][0]
        result.numbers |= {"refunds": "/".join(states), "owed in the ledger": owed}
        result.expect(states == ["failed"], f"refunds are {states}")
        result.expect(owed == late.story.total_minor, f"{owed} owed, not {late.story.total_minor}")
        broken = rules_broken(rig)
        result.expect(all(rule.startswith("INV11") for rule in broken), f"{broken} do not hold")
