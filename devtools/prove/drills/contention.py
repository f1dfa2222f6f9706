"""Too many buyers for too few units: flash sales, overlapping carts, double clicks, recounts."""

from __future__ import annotations

import copy
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from devtools.prove.buyers import Buyer, Crowd, GaveUp, one_of
from devtools.prove.drill import Result, Stage, close, drill, rules_broken, stock_of
from devtools.prove.rig import Rig
from devtools.prove.witness import Story
from devtools.prove.written import TRIES, Good

UNHEARD = f"SELECT 1 FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < {TRIES} LIMIT 1"
HELD_BY_CHECKOUTS = (
    "SELECT 1 FROM inventory_reservation WHERE state = 'active' AND holder LIKE 'checkout:%%'"
)
LEFT = (
    "SELECT extract(epoch FROM min(expires_at) - now()) / 60,"
    " extract(epoch FROM max(expires_at) - now()) / 60"
    " FROM inventory_reservation WHERE state = 'active' AND holder LIKE 'checkout:%%'"
)


def flash_sale(
    stage: Stage, result: Result, rig: Rig, *, buyers: int, units: int, at_once: int = 16
) -> None:
    """Everybody has it in the cart; then all begin at once. Of those who come through, a fourth
    walks away and some leave the payment page. After a quarter of an hour others get what the
    first left behind."""
    good = rig.goods()[0]
    opening = stock_of(rig, {good.variant_id: units})
    crowd = Crowd(rig, seed=stage.seed)
    people = crowd.plan(buyers, one_of([good]), [("abandons", 0.15)])
    ready: list[Buyer] = []
    crowd.each(people, lambda buyer: ready.append(buyer) if buyer.fill() else None)
    begun: list[Buyer] = []
    took = crowd.each(
        ready, lambda buyer: begun.append(buyer) if buyer.begin() else None, at_once=at_once
    )
    held = {buyer.story.number for buyer in begun}
    losers = [buyer.story for buyer in ready if buyer.story.number not in held]
    result.expect(len(ready) == buyers, f"{len(ready)} of {buyers} have it in their cart")
    result.numbers |= {
        "buyers": buyers, "units": units, "held": len(begun), "begin s": round(took, 2),
        "begin p95 ms": crowd.witness.percentile(0.95, "begin"),
    }  # fmt: skip
    result.expect(len(begun) == min(units, len(ready)), f"{len(begun)} held of {units} units")
    _told_at_once(result, losers)
    walked = begun[::4]
    for buyer in walked:
        buyer.story.ending = "walked away"
    away = {buyer.story.number for buyer in walked}
    staying = [buyer for buyer in begun if buyer.story.number not in away]
    crowd.each(staying, lambda buyer: buyer.finish(lambda: _go_through(buyer)))
    result.numbers["place p95 ms"] = crowd.witness.percentile(0.95, "place")
    late = _what_was_left(crowd, result, good, len(walked))
    figures = close(rig, crowd, result, opening, patience=400 if buyers > 1000 else 120)
    paid = sum(1 for buyer in [*staying, *late] if buyer.story.paid_pages)
    result.expect(figures.sold == paid, f"{figures.sold} sold, {paid} paid")


def _told_at_once(result: Result, losers: list[Story]) -> None:
    result.expect(
        all(story.ending.startswith("refused") for story in losers),
        f"losers were not told at once: { {story.ending for story in losers} }",
    )


def _go_through(buyer: Buyer) -> str:
    page = buyer.place() if buyer.tell() else None
    if page is None:
        return "could not place what was held"
    if buyer.story.persona == "abandons":
        return "abandoned"
    return buyer.return_from_payment() if buyer.pay(page) else "could not pay"


def _what_was_left(crowd: Crowd, result: Result, good: Good, units: int) -> list[Buyer]:
    """Nobody came back for what they held: once its time is up it is there for others, and not a
    minute before."""
    early = crowd.buyer({good.variant_id: 1})
    crowd.rig.until_none(UNHEARD, 300)  # workers have a quarter of an hour for them
    first, last = (float(minutes) for minutes in crowd.rig.sql(LEFT)[0])
    crowd.rig.age(first - 1)
    result.expect(not (early.fill() and early.begin()), "what is held was sold to somebody else")
    early.story.ending = "came too early"
    crowd.rig.age(last - first + 2)
    crowd.rig.until_none(HELD_BY_CHECKOUTS, 15 * crowd.rig.slowness)
    late = [crowd.buyer({good.variant_id: 1}) for _ in range(units)]
    crowd.run(late)
    got = sum(buyer.story.ending == "confirmed" for buyer in late)
    result.numbers |= {"walked away": units, "sold to others": got}
    result.expect(got == units, f"{units - got} of {units} left behind could not be had")
    return late


def flash_at_placing(stage: Stage, result: Result, rig: Rig, *, buyers: int, units: int) -> None:
    """A shop that holds nothing before an order: everybody stands at the last step; then all
    place at once. A third walks away afterwards."""
    good = rig.goods()[0]
    opening = stock_of(rig, {good.variant_id: units})
    crowd = Crowd(rig, seed=stage.seed)
    people = crowd.plan(buyers, one_of([good]), [("abandons", 0.3)])
    ready: list[Buyer] = []
    crowd.each(people, lambda buyer: ready.append(buyer) if buyer.prepare() else None, at_once=8)
    pages: dict[int, str] = {}

    def place(buyer: Buyer) -> None:
        page = buyer.place()
        if page:
            pages[buyer.story.number] = page

    took = crowd.each(ready, place, at_once=16)
    held = len(pages)

    def finish(buyer: Buyer) -> None:
        page = pages.get(buyer.story.number)
        if page is None:
            return
        if buyer.story.persona == "abandons":
            buyer.story.ending = "abandoned"
        elif buyer.pay(page):
            buyer.finish(buyer.return_from_payment)

    crowd.each(ready, finish)
    losers = [buyer.story for buyer in ready if buyer.story.number not in pages]
    result.numbers |= {
        "buyers": buyers, "units": units, "held": held, "place s": round(took, 2),
        "place p95 ms": crowd.witness.percentile(0.95, "place"),
    }  # fmt: skip
    _told_at_once(result, losers)
    figures = close(rig, crowd, result, opening)
    result.expect(held == min(units, len(ready)), f"{held} held of {units} units")
    paid = sum(1 for buyer in ready if buyer.story.paid_pages)
    result.expect(figures.sold == paid, f"{figures.sold} sold, {paid} paid")


@drill("FD01", "flash sale: many begin at once, few units, a third walks away", essential=True)
def flash(stage: Stage, result: Result) -> None:
    with stage.shop("FD01") as rig:
        flash_sale(stage, result, rig, buyers=stage.size(40, 500), units=stage.size(8, 100))


@drill("FD01", "flash sale: thousands begin, sixty-four at any moment, a fourth walks away")
def great_flash(stage: Stage, result: Result) -> None:
    with stage.shop("FD01-great") as rig:
        flash_sale(
            stage, result, rig, buyers=stage.size(60, 5000), units=stage.size(12, 1000), at_once=64
        )


@drill(
    "FD01", "control: without the sweep of holds that lapsed", red_by=("stranded", "left behind")
)
def flash_unswept(stage: Stage, result: Result) -> None:
    with stage.shop("FD01-sweep") as rig:
        rig.rest("beat")
        flash_sale(stage, result, rig, buyers=30, units=8)


@drill("FD01", "flash sale for the last unit, held when the order is placed")
def last_unit(stage: Stage, result: Result) -> None:
    with stage.shop("FD01-one", CHECKOUT_HOLD_MINUTES=0) as rig:
        flash_at_placing(stage, result, rig, buyers=stage.size(20, 50), units=1)


@drill(
    "FD01",
    "control: without the conditional update and its CHECK",
    essential=True,
    red_by=("oversold", " held of "),
)
def flash_unguarded(stage: Stage, result: Result) -> None:
    without = ("conditional update",)
    with stage.shop("FD01-naive", without=without, CHECKOUT_HOLD_MINUTES=0) as rig:
        drop_checks(rig, "inventory_stock")
        # As many take at once as there are threads; that many units would hide it.
        flash_at_placing(stage, result, rig, buyers=40, units=5)


def drop_checks(rig: Rig, table: str) -> None:
    names = rig.sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table]
    )
    for (name,) in names:
        rig.sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def overlapping_carts(stage: Stage, result: Result, rig: Rig, count: int) -> None:
    goods = rig.goods()
    opening = stock_of(rig, {good.variant_id: max(3, count // 4) for good in goods[:4]})
    crowd = Crowd(rig, seed=stage.seed)
    dice = random.Random(f"{stage.seed}/carts")
    people = []
    for _ in range(count):
        chosen = dice.sample(goods[:8], dice.randint(2, 6))
        people.append(crowd.buyer({good.variant_id: 1 for good in chosen}))
    ready: list[Buyer] = []
    crowd.each(people, lambda buyer: ready.append(buyer) if buyer.prepare() else None)
    crowd.each(ready, lambda buyer: _place_and_pay(buyer), at_once=16)
    close(rig, crowd, result, opening)
    row = rig.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    result.numbers |= {"carts": len(ready), "deadlocks": row[0][0]}
    result.expect(row[0][0] == 0, f"{row[0][0]} deadlocks")


def _place_and_pay(buyer: Buyer) -> None:
    page = buyer.place()
    if page and buyer.pay(page):
        buyer.finish(buyer.return_from_payment)


@drill("FD02", "carts of several SKUs and sellers in any order", essential=True)
def carts(stage: Stage, result: Result) -> None:
    with stage.shop("FD02") as rig:
        overlapping_carts(stage, result, rig, stage.size(30, 120))


@drill("FD02", "control: without the lock order", red_by=("deadlocks",))
def carts_unsorted(stage: Stage, result: Result) -> None:
    with stage.shop("FD02-order", without=("lock order",), CHECKOUT_HOLD_MINUTES=0) as rig:
        overlapping_carts(stage, result, rig, stage.size(30, 60))


@drill("FD03", "a hold lapses while it is paid, canceled and recounted", essential=True)
def endings(stage: Stage, result: Result) -> None:
    with stage.shop("FD03") as rig:
        _race_endings(stage, result, rig, guarded=True)


@drill("FD03", "control: a hold is ended by reading and writing", red_by=(" ended ",))
def endings_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop("FD03-naive") as rig:
        rig.sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
        drop_checks(rig, "inventory_stock")
        _race_endings(stage, result, rig, guarded=False)


def _race_endings(stage: Stage, result: Result, rig: Rig, *, guarded: bool) -> None:
    repetitions = stage.size(60, 1000)
    good = rig.goods()[0]
    told = rig.call(
        "race_endings", variant_id=good.variant_id, location_id=good.location_id,
        repetitions=repetitions, seed=stage.seed, guarded=guarded, seconds=300,
    )  # fmt: skip
    result.numbers |= {"repetitions": repetitions, **told["endings"]}
    for problem in told["problems"][:5]:
        result.problems.append(problem)
    broken = rules_broken(rig)
    result.expect(not broken, f"{broken} do not hold")


PASSWORD = "Drill-26-x"


def same_cart(stage: Stage, result: Result, rig: Rig, count: int) -> None:
    """Two clicks, two tabs and another device submit one cart; the return page is loaded thrice."""
    goods = rig.goods()
    opening = stock_of(rig, {good.variant_id: count * 2 for good in goods[:2]})
    crowd = Crowd(rig, seed=stage.seed)
    people = crowd.plan(count, one_of(goods[:4]), [("pays every page", 1.0)])
    emails = [buyer.story.email for buyer in people if buyer.story.number % 2 == 0]
    rig.call("open_accounts", emails=emails, password=PASSWORD)
    crowd.each(people, lambda buyer: buyer.finish(lambda: _submit_often(buyer)), at_once=3)
    close(rig, crowd, result, opening)
    several = [b.story for b in people if len(set(b.story.pages)) > 1]
    merged = rig.sql("SELECT count(*) FROM cart_cart WHERE state = 'merged' OR user_id IS NOT NULL")
    result.numbers |= {"carts": count, "submits": count * 4, "signed in": len(emails)}
    result.numbers["carts joined or taken along"] = merged[0][0]
    result.expect(not several, f"{len(several)} carts led to several payment pages")
    rows = rig.sql(
        "SELECT count(*) FROM (SELECT cart_id FROM orders_order WHERE state <> 'canceled'"
        " GROUP BY cart_id HAVING count(*) > 1) x"
    )
    result.expect(rows[0][0] == 0, f"{rows[0][0]} carts became several orders")


def _submit_often(buyer: Buyer) -> str:
    """Every second one signs in at the same moment, which joins the cart with their own."""
    if not buyer.prepare():
        return "refused before placing"
    signs_in = buyer.story.number % 2 == 0
    devices = [_device(buyer) for _ in range(4)]
    acts = [_place_or_not] * 4
    if signs_in:
        acts[buyer.story.number // 2 % 4] = _sign_in
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda act, device: act(device), acts, devices))
    if signs_in:
        buyer.browser = devices[acts.index(_sign_in)].browser
        if not any(pages) and buyer.go_on():
            pages.append(_place_or_not(buyer))
    buyer.story.ending = "began"
    for page in dict.fromkeys(page for page in pages if page):
        buyer.pay(page)
    if not buyer.story.tokens:
        return "no order"
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda device: device.ask(), devices[:3]))
    buyer.place()  # the back button, and once more
    buyer.story.ending = "began"
    return buyer.return_from_payment()


def _device(buyer: Buyer) -> Buyer:
    device = copy.copy(buyer)
    device.browser = copy.copy(buyer.browser)
    device.browser.cookies = dict(buyer.browser.cookies)
    return device


def _sign_in(device: Buyer) -> None:
    device.sign_in(PASSWORD)


def _place_or_not(device: Buyer) -> str | None:
    try:
        return device.place()
    except GaveUp:
        return None


@drill("FD05", "one cart: clicks, tabs, devices, a sign-in, back button", essential=True)
def double_click(stage: Stage, result: Result) -> None:
    with stage.shop("FD05") as rig:
        same_cart(stage, result, rig, stage.size(12, 40))


@drill("FD05", "control: without the closed cart", red_by=("double charges", "several orders"))
def double_click_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop("FD05-open", without=("closed cart",)) as rig:
        for (name,) in rig.sql(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'orders_order'"
            " AND indexdef LIKE '%%UNIQUE%%' AND indexdef LIKE '%%(cart_id)%%'"
        ):
            rig.sql(f'DROP INDEX "{name}"')
        same_cart(stage, result, rig, stage.size(12, 12))


def _one_or_some(goods: list[Good]) -> Callable[[random.Random], dict[int, int]]:
    """One unit or three, which the last ones of two warehouses have to make up together."""

    def wants(dice: random.Random) -> dict[int, int]:
        return {dice.choice(goods).variant_id: dice.choice((1, 1, 3))}

    return wants


@drill("FD04", "recounts and imports while goods are sold from two warehouses")
def recount(stage: Stage, result: Result) -> None:
    with stage.shop("FD04") as rig:
        goods = rig.goods()[:3]
        opening = stock_of(rig, {good.variant_id: 20 for good in goods})
        for good in goods:
            rig.call("second_warehouse", variant_id=good.variant_id, on_hand=9)
            opening[good.variant_id] += 9
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(40, 120), _one_or_some(goods), [("abandons", 0.1)])
        stop = threading.Event()
        changed: dict[int, int] = {good.variant_id: 0 for good in goods}
        refused = [0]

        def seller() -> None:
            dice = random.Random(f"{stage.seed}/seller")
            while not stop.is_set():
                good = dice.choice(goods)
                delta = dice.choice([-6, -3, -1, 2, 4])
                way = dice.choice(["adjust_stock", "import_stock"])
                done = rig.call(
                    way, variant_id=good.variant_id, location_id=good.location_id,
                    delta=delta,
                )  # fmt: skip
                if done:
                    changed[good.variant_id] += delta
                else:
                    refused[0] += 1
                time.sleep(0.05)

        thread = threading.Thread(target=seller)
        thread.start()
        crowd.run(people)
        stop.set()
        thread.join()
        for variant, delta in changed.items():
            opening[variant] += delta
        result.numbers |= {"changes": dict(changed), "refused below reserved": refused[0]}
        close(rig, crowd, result, opening)
