"""Processes killed at every named place and anywhere else, while people buy."""

from __future__ import annotations

import random
import time

from devtools.prove.buyers import Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.rig import Rig

IMPORT_PLACES = ("inside_import", "after_import")
MANNERS = (
    ("never returns", 0.15),
    ("places again", 0.30),
    ("walks away", 0.04),
    ("abandons", 0.04),
    ("turns back", 0.04),
    ("is declined first", 0.07),
)


def kill_while_they_buy(
    stage: Stage, result: Result, rig: Rig, buyers: int, *, kills: int = 0
) -> None:
    """A fifth of the buyers pay when their hold has lapsed; everybody's processes keep dying.

    While fewer than so many died, more buyers come.
    """
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
        while rig.deaths < kills and len(crowd.witness.stories) < 2 * buyers:
            more = crowd.plan(40, one_of(goods[:8], lines=2), MANNERS)
            crowd.each(more, come_back, at_once=10)
    result.numbers |= {
        "buyers": len(crowd.witness.stories),
        "kill -9": rig.deaths,
        "at failpoints": sum(rig.count_failpoints().values()),
        "load s": round(time.monotonic() - began),
    }
    close(rig, crowd, result, opening, patience=400 if stage.long else 120)
    result.numbers["places"] = rig.count_failpoints()


@drill("FD06/07", "kill -9 of web and workers at every failpoint, buyers retry", essential=True)
def protocol(stage: Stage, result: Result) -> None:
    buyers, kills = stage.size(60, 1500), stage.size(12, 520)
    with stage.shop("FD06") as rig:
        rig.lifetime = (1.0, 3.2) if stage.long else (1.5, 4.5)
        kill_while_they_buy(stage, result, rig, buyers, kills=kills)
    killed = result.numbers["kill -9"]
    result.expect(killed >= kills, f"only {killed} kills prove little")


@drill("FD07", "kill -9 of a worker inside an import and its pictures")
def import_killed(stage: Stage, result: Result) -> None:
    """Each life ends inside a product, after it, or when a picture's files are written and not
    entered. What beat does finds what is left; everything is there once."""
    products, pictures = stage.size(15, 60), stage.size(3, 8)
    with stage.shop("FD07") as rig:
        opening = stock_of(rig)
        crowd = Crowd(rig, seed=stage.seed)
        rig.rest("rest")
        rig.add("mail", "worker", queues="default,mail")
        dice = random.Random(f"{stage.seed}/import")
        slow = rig.add("slow", "worker", queues="slow,bulk", failpoints=_import_fate(dice))
        job_id = rig.call("start_import", products=products, pictures=pictures)
        wanted, lives = stage.size(5, 20), 0
        until = time.monotonic() + stage.size(90, 400)
        while time.monotonic() < until:
            if slow.lives != lives:
                lives = slow.lives
                slow.failpoints = _import_fate(dice) if lives < wanted else ""
            told = rig.call("sweep_imports", job_id=job_id)
            if told["state"] == "done" and not told["pictures left"]:
                break
            time.sleep(0.5)
        result.numbers |= {"products": products, "pictures": pictures}
        result.numbers |= {"kill -9": rig.deaths, **rig.count_failpoints()}
        result.expect(sum(rig.count_failpoints().values()) >= 3, "hardly anybody died")
        slow.failpoints = ""
        close(rig, crowd, result, opening | _imported(rig))
        result.problems += rig.call("judge_import", job_id=job_id, products=products)


def _import_fate(dice: random.Random) -> str:
    inside = f"{dice.choice(IMPORT_PLACES)}=die@{dice.randint(1, 3)}"
    return f"{inside},renditions_written=die@1" if dice.random() < 0.4 else inside


def _imported(rig: Rig) -> dict[int, int]:
    rows = rig.sql(
        "SELECT s.variant_id, s.on_hand FROM inventory_stock s"
        " JOIN catalog_variant v ON v.id = s.variant_id WHERE v.sku LIKE 'IMP-%%'"
    )
    return {int(variant): int(units) for variant, units in rows}


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
            kill_while_they_buy(stage, result, rig, stage.size(40, 50))


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
