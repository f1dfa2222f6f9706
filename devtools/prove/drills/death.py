"""Processes killed at every named place and anywhere else, while people buy."""

from __future__ import annotations

import random
import time

from devtools.prove.buyers import Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.rig import Rig

MANNERS = (
    ("never returns", 0.15),
    ("places again", 0.30),
    ("abandons", 0.04),
    ("turns back", 0.04),
    ("is declined first", 0.07),
)


def kill_while_they_buy(stage: Stage, result: Result, rig: Rig, buyers: int) -> None:
    """A fifth of the buyers pay when their hold has lapsed; everybody's processes keep dying."""
    goods = rig.goods()
    scarce = {good.variant_id: max(2, buyers // 9) for good in goods[:3]}
    opening = stock_of(rig, scarce)
    crowd = Crowd(rig, seed=stage.seed)
    late = crowd.plan(buyers // 5, one_of(goods[:3]), [("pays late", 1.0)])
    many = crowd.plan(buyers - len(late), one_of(goods[:8], lines=2), MANNERS)
    pages = {}

    def come_early(buyer) -> None:
        if buyer.prepare() and (page := buyer.place()):
            pages[buyer.story.number] = page

    def come_back(buyer) -> None:
        page = pages.get(buyer.story.number)
        if page is None:
            buyer.live()
        elif buyer.pay(page):
            buyer.finish(buyer.return_from_payment)

    crowd.each(late, come_early)
    rig.age(40)  # the holds lapse, the pages do not
    rig.until_none("SELECT 1 FROM inventory_reservation WHERE state = 'active'")
    random.Random(f"{stage.seed}/order").shuffle(many)
    half = len(many) // 2
    mixed = [*many[:half], *late, *many[half:]]
    began = time.monotonic()
    with rig.deadly():
        crowd.each(mixed, come_back, at_once=10)
    result.numbers |= {
        "buyers": buyers,
        "kill -9": rig.deaths,
        "at failpoints": sum(rig.count_failpoints().values()),
        "load s": round(time.monotonic() - began),
    }
    close(rig, crowd, result, opening)
    result.numbers["places"] = rig.count_failpoints()


@drill("FD06/07", "kill -9 of web and workers at every failpoint, buyers retry", essential=True)
def protocol(stage: Stage, result: Result) -> None:
    buyers = stage.size(60, 1500)
    with stage.shop("FD06") as rig:
        rig.lifetime = (1.5, 4.5)
        kill_while_they_buy(stage, result, rig, buyers)
    result.expect(rig.deaths >= buyers // 5, f"only {rig.deaths} kills prove little")


def _control(
    guard: str,
    name: str,
    *,
    red_by: tuple[str, ...],
    guards: str = "",
    places: tuple[str, ...] = (),
) -> None:
    @drill("FD06/07", f"control: without {guard}", essential=True, red_by=red_by)
    def without(stage: Stage, result: Result) -> None:
        with stage.shop(name, without=(guard,)) as rig:
            rig.only_places = places
            for statement in guards.split(";") if guards else ():
                rig.sql(statement)
            kill_while_they_buy(stage, result, rig, stage.size(40, 80))


_control("one key per attempt", "FD06-keys", red_by=("double charges",), places=("payment_seen",))
_control("automatic return", "FD06-return", red_by=("orphan money",))
_control(
    "already confirmed",
    "FD06-twice",
    red_by=("provider difference",),
    guards="ALTER TABLE payments_payment DISABLE TRIGGER USER;"
    "ALTER TABLE orders_order DISABLE TRIGGER USER",
)
_control(
    "one transaction",
    "FD06-split",
    red_by=("provider difference", "stranded"),
    places=("inside_finalise",),
)
_control(
    "outbox", "FD06-outbox", red_by=("mails missing or doubled",), places=("relay_before_send",)
)
