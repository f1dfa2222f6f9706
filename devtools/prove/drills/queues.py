"""Crowds of mail before an order's own."""

from __future__ import annotations

import time

from devtools.prove.buyers import Buyer, Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.figures import arrivals
from devtools.prove.rig import Rig

MAIL_TAKES = 0.05
LATEST = 60.0
LEFT = "SELECT count(*) FROM notifications_message WHERE kind = 'low_stock' AND sent_at IS NULL"


@drill("FD41", "thousands of bulk mails are queued, then orders arrive", essential=True)
def bulk_first(stage: Stage, result: Result) -> None:
    with stage.shop("FD41") as rig:
        _bulk_first(stage, result, rig, stage.size(2000, 100_000))


@drill("FD41", "control: without a queue for bulk mail", red_by=("an order's mail",))
def bulk_in_line(stage: Stage, result: Result) -> None:
    with stage.shop("FD41-line", without=("bulk queue",)) as rig:
        _bulk_first(stage, result, rig, 2000)


def _bulk_first(stage: Stage, result: Result, rig: Rig, crowd_of: int) -> None:
    """The mail server needs 50 ms for each, so that the crowd takes longer than anybody waits.

    As in production, a worker of its own has the queue of what may wait.
    """
    opening = stock_of(rig)
    rig.rest("rest")
    began = time.monotonic()
    halves = [(0, crowd_of // 2), (crowd_of // 2, crowd_of)]
    for half in [rig.begin("owe_bulk", begin=begin, end=end) for begin, end in halves]:
        rig.finish(half, seconds=1200)
    result.numbers |= {"bulk mails": crowd_of, "queued in s": round(time.monotonic() - began, 1)}
    slow = f"mail_before_send=wait:{MAIL_TAKES}"
    rig.add("mail", "worker", queues="default,mail", failpoints=slow)
    rig.add("slow", "worker", queues="slow,bulk", failpoints=slow)
    crowd = Crowd(rig, seed=stage.seed)
    paid: dict[str, float] = {}

    def buy(buyer: Buyer) -> None:
        page = buyer.place() if buyer.prepare() else None
        if page and buyer.pay(page):
            paid[buyer.story.email] = time.time()
            buyer.finish(buyer.return_from_payment)

    crowd.each(crowd.plan(stage.size(10, 40), one_of(rig.goods())), buy, at_once=4)
    waits = _waits(rig, paid)
    left = rig.sql(LEFT)[0][0]
    result.numbers |= {"order mail p95 s": round(waits[int(len(waits) * 0.95)], 1)}
    result.numbers |= {"bulk mails left then": left}
    result.expect(left > 0, "the crowd's mail was gone before the orders came: nothing is proven")
    late = sum(wait > LATEST for wait in waits)
    result.expect(not late, f"{late} times an order's mail took more than {LATEST:.0f} s")
    _call_off(rig)
    for name in ("mail", "slow"):
        rig.slot(name).failpoints = ""
    close(rig, crowd, result, opening)
    bulk = [message_id for _, to, _, message_id in arrivals(rig) if to.startswith("crowd")]
    result.numbers["bulk mails sent"] = len(bulk)
    result.expect(len(bulk) == len(set(bulk)), "a bulk mail was sent twice")


def _waits(rig: Rig, paid: dict[str, float]) -> list[float]:
    """Seconds from each payment to its mail, in order; who waits too long is not waited for."""
    until = max(paid.values()) + LATEST + 1
    while True:
        came = {to: at for at, to, subject, _ in arrivals(rig) if "is confirmed" in subject}
        if paid.keys() <= came.keys() or time.time() > until:
            return sorted(came.get(address, until) - at for address, at in paid.items())
        time.sleep(1)


def _call_off(rig: Rig) -> None:
    """What is left of the crowd's mail need not be waited for."""
    rig.sql("UPDATE notifications_message SET sent_at = now() WHERE kind = 'low_stock'")
    rig.ground.redis().delete("bulk")
