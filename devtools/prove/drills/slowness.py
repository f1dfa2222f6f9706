"""A provider that is slow or away: nobody waits in line for it, and shoppers are told in time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from devtools.prove.buyers import Browser, Buyer, Crowd, GaveUp, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.drills.provider import PAGES
from devtools.prove.rig import Rig

SLOW_SECONDS = 30
LONGEST = 15.0
"""Seconds a visitor may wait in line until the fuse is open: its calls end after five."""
MOST_BLOCKED = 0.2
LIFE_GOES_ON = 120.0
"""Seconds of slowness: the first five cost every thread, so they must not be all of it."""
SENTENCE = b"Our payment provider does not answer"


@drill("FD29", "the provider is slow, and refuses bursts")
def slow(stage: Stage, result: Result) -> None:
    with stage.shop("FD29") as rig:
        _slow(stage, result, rig, LIFE_GOES_ON)


@drill(
    "FD29", "control: without the fuse and its time limit", red_by=("a visitor waited", "blocked")
)
def slow_without_fuse(stage: Stage, result: Result) -> None:
    with stage.shop("FD29-fuse", without=("fuse",)) as rig:
        _slow(stage, result, rig, 12)


def _slow(stage: Stage, result: Result, rig: Rig, seconds: float) -> None:
    """While it is slow, and one after the other wants to pay, the shop's own pages must be quick:
    the fuse opens, and few threads wait for the provider."""
    opening = stock_of(rig)
    crowd = Crowd(rig, seed=stage.seed)
    people = crowd.plan(stage.size(12, 24), one_of(rig.goods()), [("places again", 0.3)])
    later = crowd.plan(round(seconds / 1.5), one_of(rig.goods()))
    rig.double.fault("latency", path="/v1/*", times=None, seconds=SLOW_SECONDS)
    stop = threading.Event()
    browsing: list[float] = []

    def browse() -> None:
        visitor = Browser(rig, crowd.witness, 0, seconds=2 * SLOW_SECONDS)
        while not stop.is_set():
            began = time.monotonic()
            visitor.insist("browse", "GET", "/")
            browsing.append(time.monotonic() - began)
            time.sleep(0.05)

    with ThreadPoolExecutor(len(people) + len(later) + 1) as pool:
        watching = pool.submit(browse)
        buying = [pool.submit(buyer.live) for buyer in people]
        began = time.time()
        for buyer in later:
            time.sleep(1.5)
            buying.append(pool.submit(buyer.live))
        ended = time.time()
        rig.double.clear_faults()
        rig.double.fault("429", path=PAGES, times=10)
        for each in buying:
            each.result()
        stop.set()
        watching.result()
    people = [*people, *later]
    blocked = rig.waited(began, ended)
    browsing.sort()
    result.numbers |= {
        "slow for s": round(ended - began),
        "web threads blocked %": round(blocked * 100, 1),
        "pages seen": len(browsing),
        "browse p95 ms": round(browsing[int(len(browsing) * 0.95)] * 1000),
        "longest ms": round(browsing[-1] * 1000),
    }
    longest = browsing[-1]
    result.expect(longest <= LONGEST, f"a visitor waited {longest:.0f} s for a page")
    result.expect(blocked <= MOST_BLOCKED, f"web threads were blocked {blocked:.0%} of the time")
    time.sleep(6)  # the fuse's own pause
    rig.age(10)  # who tried too often is told to come back after ten minutes
    waiting = [b for b in people if b.story.tokens and not b.story.paid_pages]
    crowd.each(waiting, _come_back)
    sent_away = [b for b in people if not b.story.tokens and not b.story.paid_pages]
    result.numbers["sent away before an order"] = len(sent_away)
    crowd.each(sent_away, lambda buyer: buyer.live())
    close(rig, crowd, result, opening)
    unpaid = Counter(s.ending for s in crowd.witness.stories if not s.paid_pages)
    result.expect(not unpaid, f"somebody could not pay afterwards: {dict(unpaid)}")


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
        told = [_is_told(crowd.buyer(people[0].story.wants)) for _ in range(6)]
        result.numbers["told before they type"] = sum(told)
        result.expect(all(told), f"only {sum(told)} of {len(told)} were told before they typed")
        waiting = [buyer for buyer in people if buyer.story.tokens]
        result.numbers |= {"orders that wait": len(waiting)}
        rig.double.outage(None)
        time.sleep(6)  # the fuse's own pause
        crowd.each(waiting, _come_back)
        rig.age(16)  # what others began and left lapses
        close(rig, crowd, result, opening)
        result.expect(len(waiting) == len(people), "an order was lost while the provider was away")
        paid = [buyer for buyer in people if buyer.story.paid_pages]
        result.expect(len(paid) == len(people), "somebody could not pay afterwards")


def _is_told(buyer: Buyer) -> bool:
    """Somebody new begins, and the page that asks for the address says how it is."""
    begun = buyer.fill() and buyer.begin()
    buyer.story.ending = "looked and left"
    page = buyer.browser.insist("address", "GET", "/checkout/address/")
    return begun and SENTENCE in page.body


def _try_to_buy(buyer: Buyer) -> None:
    try:
        if buyer.prepare():
            answer = buyer.browser.insist("place", "POST", "/checkout/place/", buyer.form)
            buyer._after_place(answer)
    except GaveUp:
        return


def _come_back(buyer: Buyer) -> None:
    for pause in range(1, 9):
        page = buyer._page_of(buyer.story.tokens[-1])
        if page:
            buyer.pay(page)
            buyer.finish(buyer.return_from_payment)
            return
        time.sleep(pause)
