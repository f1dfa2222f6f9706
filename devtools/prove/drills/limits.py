"""Who pulls Redis' plug wins no try: limits are counted in PostgreSQL meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

from devtools.embedded import valkey
from devtools.prove.buyers import Browser, Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.ground import SERVERS
from devtools.prove.rig import Rig

SIGN_IN = {"login_failed": "10/m/ip,5/h/key"}
PAYS, BEGINS, GUESSES, SIGNS_IN = 10, 30, 10, 5
"""Tries within ten minutes or an hour, as the shop has them."""
WINDOW = 600
ONE_NETWORK = "52.10.20.{}"
SCARCE = 8
HELD = (
    "SELECT coalesce(sum(r.quantity), 0)::int"
    " FROM inventory_reservation r JOIN inventory_stock s ON s.id = r.stock_id"
    " WHERE s.variant_id = %s AND r.state = 'active'"
)


@drill("FD17", "Redis stopped before, during and after checkouts", essential=True)
def without_redis(stage: Stage, result: Result) -> None:
    """People buy as before; then some try too often, and are stopped as before."""
    with stage.shop("FD17", ACCOUNT_RATE_LIMITS=SIGN_IN) as rig:
        _unplugged(stage, result, rig)


@drill("FD17", "control: without limits in PostgreSQL", red_by=("was never stopped",))
def without_limits(stage: Stage, result: Result) -> None:
    without = ("limits without Redis",)
    with stage.shop("FD17-free", without=without, ACCOUNT_RATE_LIMITS=SIGN_IN) as rig:
        _unplugged(stage, result, rig)


def _unplugged(stage: Stage, result: Result, rig: Rig) -> None:
    scarce = rig.goods()[0]
    opening = stock_of(rig, {scarce.variant_id: SCARCE})
    others = one_of(rig.goods()[1:])
    crowd = Crowd(rig, seed=stage.seed)
    count = stage.size(8, 16)
    crowd.run(crowd.plan(count, others))
    normal = crowd.witness.percentile(0.95)
    crowd.witness.times.clear()
    port = rig.ground.redis_url
    valkey.stop(SERVERS)
    try:
        people = [crowd.buyer(buyer.story.wants) for buyer in crowd.plan(count, others)]
        crowd.run(people)
        result.numbers |= {"p95 before": normal, "p95 without": crowd.witness.percentile(0.95)}
        _try_too_often(crowd, result)
        _take_too_much(crowd, result, scarce.variant_id)
    finally:
        again = valkey.ensure_running(SERVERS)
    result.expect(again == port, "Redis came back elsewhere")
    failed = [b.story.ending for b in people if b.story.ending != "confirmed"]
    result.expect(not failed, f"checkouts failed without Redis: {failed}")
    crowd.witness.stories = [s for s in crowd.witness.stories if s.places]
    rig.age(16)  # what was begun and left lapses
    close(rig, crowd, result, opening)


def _try_too_often(crowd: Crowd, result: Result) -> None:
    goods = crowd.goods[1]
    payer, starter, guesser = (crowd.buyer({goods.variant_id: 1}) for _ in range(3))
    result.expect(payer.prepare() and starter.fill() and guesser.fill(), "nobody could even begin")
    wrong = {**payer.form, "expected_total": "1"}
    code = {"promotion": "WRONG-CODE"}
    sign_in = {"login": "nobody@prove.example", "password": "wrong"}
    stranger = Browser(crowd.rig, crowd.witness, 10**6)
    stranger.insist("sign in", "GET", "/account/login/")
    ways: dict[str, tuple[int, Callable[[], int]]] = {
        "place": (PAYS, lambda: _post(payer.browser, "/checkout/place/", wrong)),
        "begin": (BEGINS, lambda: _post(starter.browser, "/checkout/", {})),
        "code": (GUESSES, lambda: _post(guesser.browser, "/cart/code/", code)),
        "sign in": (SIGNS_IN, lambda: _signed_in(stranger, sign_in)),
    }
    for name, (most, act) in ways.items():
        result.numbers[f"tries to {name}"] = _tries(result, name, most, act)


def _tries(result: Result, name: str, most: int, act: Callable[[], int]) -> int:
    """How often it may be tried until it is refused. A span of time that ends meanwhile begins
    anew, so twice as often is right then, and nothing else."""
    span = time.time() // WINDOW
    for tries in range(2 * most + 2):
        if act() == 429:
            turned = time.time() // WINDOW != span
            result.expect(
                tries == most or (turned and most <= tries <= 2 * most),
                f"{name} was stopped after {tries} tries, not {most}",
            )
            return tries
    result.problems.append(f"{name} was never stopped in {2 * most + 2} tries")
    return 2 * most + 2


def _post(browser: Browser, path: str, fields: dict[str, str]) -> int:
    return browser.insist("too often", "POST", path, fields).status


def _signed_in(browser: Browser, fields: dict[str, str]) -> int:
    """A wrong password is answered by the form once more, and the last by another sentence."""
    answer = browser.insist("too often", "POST", "/account/login/", fields)
    return 429 if b"wrong too often" in answer.body else answer.status


def _take_too_much(crowd: Crowd, result: Result, variant_id: int) -> None:
    """One network begins a checkout for each unit of scarce goods: nobody is sent away, and half
    of them are held."""
    begun = 0
    for number in range(SCARCE):
        buyer = crowd.buyer({variant_id: 1})
        buyer.browser.address = ONE_NETWORK.format(number + 1)
        begun += buyer.fill() and buyer.begin()
    [[held]] = crowd.rig.sql(HELD, [variant_id])
    result.numbers["held by one network"] = f"{held} of {SCARCE}"
    result.expect(begun == SCARCE, f"{SCARCE - begun} of one network were sent away")
    result.expect(held == SCARCE // 2, f"one network holds {held} of {SCARCE} units")
