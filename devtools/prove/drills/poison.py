"""Facts that nobody can digest: one fails, one kills, one hangs; a person is told."""

from __future__ import annotations

import time

from devtools.prove.buyers import Crowd, one_of
from devtools.prove.drill import Result, Stage, close, drill, stock_of
from devtools.prove.processes import EVERYTHING_ELSE
from devtools.prove.rig import Rig
from devtools.prove.staff import expect_alarm, hire
from devtools.prove.written import TOLD_AFTER

_PARKED = (
    "SELECT count(DISTINCT event_id) FROM outbox_delivery"
    f" WHERE delivered_at IS NULL AND attempts >= {TOLD_AFTER}"
)
_OTHERS = (
    f"SELECT count(*) FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < {TOLD_AFTER}"
)
_NEIGHBORS = (
    "SELECT count(*) FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_id"
    " JOIN orders_order o ON o.id = (e.payload ->> 'order_id')::bigint"
    " WHERE d.delivered_at IS NULL AND o.email NOT LIKE 'b1@%%' AND o.email NOT LIKE 'b2@%%'"
)


@drill("FD42", "a fact that always fails, and one that kills whoever delivers it", essential=True)
def poison(stage: Stage, result: Result) -> None:
    """After five tries each, who repairs work is told by mail; everybody else's facts are delivered
    meanwhile. Once the code is mended, staff have them tried again, and nothing is missing."""
    with stage.shop("FD42", without=("digestible facts",)) as rig:
        opening = stock_of(rig)
        hire(rig, "repair_work")
        crowd = Crowd(rig, seed=stage.seed)
        people = crowd.plan(stage.size(8, 16), one_of(rig.goods()))
        crowd.run(people, at_once=4)
        _until_parked(rig, result, step=1.5)
        expect_alarm(rig, result, "Facts were not heard", since=time.time())
        _mend(rig)
        close(rig, crowd, result, opening)


@drill("FD42", "a fact that hangs whoever delivers it")
def hangs(stage: Stage, result: Result) -> None:
    """A worker of two processes, as production has them, gives each up after a while."""
    with stage.shop("FD42-hang", without=("facts that do not hang",)) as rig:
        crowd, opening = _two_hang(stage, rig)
        _until_parked(rig, result, step=8)
        result.numbers["neighbors waiting"] = rig.sql(_NEIGHBORS)[0][0]
        _mend(rig)
        close(rig, crowd, result, opening)


@drill("FD42", "control: without the time limit of facts", red_by=("behind those that hang",))
def hangs_for_ever(stage: Stage, result: Result) -> None:
    without = ("facts that do not hang", "time limit of facts")
    with stage.shop("FD42-ever", without=without) as rig:
        crowd, _ = _two_hang(stage, rig)
        until = time.monotonic() + 45
        while (left := rig.sql(_NEIGHBORS)[0][0]) and time.monotonic() < until:
            time.sleep(1)
        result.expect(left == 0, f"{left} good facts wait behind those that hang")
        crowd.witness.close()


def _two_hang(stage: Stage, rig: Rig) -> tuple[Crowd, dict[int, int]]:
    opening = stock_of(rig)
    rig.rest("rest")
    rig.add("crew", "worker", queues=EVERYTHING_ELSE, crew=2)
    crowd = Crowd(rig, seed=stage.seed)
    crowd.run(crowd.plan(stage.size(8, 16), one_of(rig.goods())), at_once=4)
    return crowd, opening


def _until_parked(rig: Rig, result: Result, *, step: float) -> None:
    """Let pauses pass until both are parked and nobody else's facts wait."""
    began = time.monotonic()
    while time.monotonic() - began < (30 + 25 * step) * rig.slowness:
        rig.age(6 * 60 + 1)
        time.sleep(step * rig.slowness)
        parked = rig.sql(_PARKED)[0][0]
        others = rig.sql(_OTHERS)[0][0]
        if parked >= 2 and not others:
            break
    result.numbers |= {"parked": parked, "others waiting": others, "deaths": rig.deaths}
    result.expect(parked == 2, f"{parked} facts failed five times, not 2")
    result.expect(others == 0, f"{others} good facts wait behind the bad ones")


def _mend(rig: Rig) -> None:
    rig.without.clear()
    rig.restart_all()
    rig.call("retry_parked")
