"""A hundred thousand holds against few units, checked offline as a bounded counter."""

from __future__ import annotations

import time

from devtools.prove import holds
from devtools.prove.drill import Result, Stage, drill, rules_broken
from devtools.prove.drills.contention import drop_checks
from devtools.prove.rig import Rig

SESSIONS = 12
NO_ORDERS = "What an order took over was held by the checkout of its own cart"
"""The sessions hold under names of orders that nobody placed."""


@drill("HOLDS", "raced holds, checked offline as a bounded counter", essential=True)
def raced(stage: Stage, result: Result) -> None:
    with stage.shop("HOLDS") as rig:
        _race(stage, result, rig, stage.size(3000, 100_000))


@drill(
    "HOLDS",
    "control: without the conditional update and its CHECK",
    red_by=("held at once", "on hand", "INV"),
    essential=True,
)
def raced_unguarded(stage: Stage, result: Result) -> None:
    with stage.shop("HOLDS-naive", without=("conditional update",)) as rig:
        drop_checks(rig, "inventory_stock")
        _race(stage, result, rig, 600)


def _race(stage: Stage, result: Result, rig: Rig, attempts: int) -> None:
    for name in ("web-1", "web-2", "money", "rest", "beat"):
        rig.rest(name)
    goods = rig.goods()[:4]
    # A twentieth of the holds is sold; there must be something left to race for at the end.
    units = max(6, attempts // SESSIONS // 8)
    opening = {good.variant_id: units for good in goods}
    rig.set_stock(opening)
    began = time.monotonic()
    slots, paths = [], []
    for session in range(SESSIONS):
        path = rig.place / f"history-{session}.jsonl"
        paths.append(path)
        slots.append(
            rig.begin_role(
                "holder", session=session, seed=stage.seed, rounds=-(-attempts // SESSIONS),
                variant_ids=[good.variant_id for good in goods], history=str(path),
            )
        )  # fmt: skip
    for slot in slots:
        slot.ended.wait(1200)
        result.expect(slot.code == 0, f"a session ended with {slot.code}; see {rig.place}")
    took = time.monotonic() - began
    told = holds.check(paths, opening)
    result.problems += told["problems"]
    made = told["told"]["held"] + told["told"]["refused"]
    result.numbers |= {
        "attempts": made, **told["told"], "s": round(took), "per second": round(made / took)
    }  # fmt: skip
    broken = [rule for rule in rules_broken(rig) if NO_ORDERS not in rule]
    result.expect(not broken, f"{broken} do not hold")
    left = rig.sql("SELECT variant_id, on_hand, reserved FROM inventory_stock")
    for variant, on_hand, reserved in left:
        if variant in opening:
            sold = sum(h["q"] for h in _sold(paths) if h["v"] == variant)
            result.expect(
                (on_hand, reserved) == (units - sold, 0),
                f"variant {variant}: {on_hand} on hand, {reserved} reserved,"
                f" {sold} sold of {units}",
            )


def _sold(paths: list) -> list[dict]:
    import json

    lines = (json.loads(line) for path in paths for line in path.read_text().splitlines())
    return [line for line in lines if line["what"] == "sold"]
