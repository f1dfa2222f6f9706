"""Raced holds: many sessions against few units, and an offline check of what they all saw.

Each session writes down when it asked and when it was answered. Afterwards the answers must fit a
counter that was moved one step at a time: no more units are ever surely held than there are, and
nobody is refused while there surely was enough.
"""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

BY_CHECKOUT = 0.33
Step = tuple[float, float, str, int]


def hold(*, session: int, seed: int, variant_ids: list[int], rounds: int, history: str) -> None:
    """Hold again and again, a third of it for a checkout whose order takes it over; give most back,
    sell some, let some lapse."""
    from django.db import connection

    from commerce.inventory import operations

    dice = random.Random(f"{seed}/holds/{session}")
    connection.ensure_connection()
    with Path(history).open("w") as file:
        for number in range(rounds):
            variant = dice.choice(variant_ids)
            units = dice.randint(1, 3)
            holder, wanted = f"h{session}-{number}", {variant: units}
            cart_id = session * 10**7 + number if dice.random() < BY_CHECKOUT else 0
            began = time.monotonic()
            try:
                if cart_id:
                    operations.hold_for_checkout(cart_id=cart_id, quantities=wanted, minutes=1)
                else:
                    operations.reserve(holder=holder, quantities=wanted, minutes=1)
            except operations.OutOfStock as short:
                free = int(short.shortages[variant])
                _write(file, began, "refused", variant, units, holder, free=free)
                continue
            _write(file, began, "held", variant, units, holder)
            roll = dice.random()
            lapses = 0.04 <= roll < 0.06
            if cart_id and lapses:
                holder = operations.checkout_holder(cart_id)
            elif cart_id and not operations.take_over(
                cart_id=cart_id, holder=holder, quantities=wanted, minutes=1
            ):
                raise AssertionError(f"{holder} could not take over what its checkout holds")
            began = time.monotonic()
            if roll < 0.04:
                operations.claim(holder=holder)
                _write(file, began, "sold", variant, units, holder)
            elif lapses:
                _lapse(holder)
                began = time.monotonic()
                operations.release_lapsed()
                _write(file, began, "lapsed", variant, units, holder)
            else:
                operations.release(holder=holder)
                _write(file, began, "released", variant, units, holder)


def _write(
    file: Any, began: float, what: str, variant: int, units: int, holder: str, **more: int
) -> None:
    line = {"s": began, "e": time.monotonic(), "what": what, "v": variant, "q": units, "h": holder}
    file.write(json.dumps({**line, **more}) + "\n")


def _lapse(holder: str) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_reservation SET created_at = created_at - interval '2 minutes',"
            " expires_at = expires_at - interval '2 minutes' WHERE holder = %s",
            [holder],
        )


def check(histories: list[Path], opening: dict[int, int]) -> dict[str, Any]:
    """Compare what all sessions saw with a counter that moves one step at a time."""
    lines = [json.loads(line) for path in histories for line in path.read_text().splitlines()]
    problems: list[str] = []
    told = dict.fromkeys(("held", "refused", "sold", "released", "lapsed"), 0)
    for line in lines:
        told[line["what"]] += 1
    for variant, units in opening.items():
        own = [line for line in lines if line["v"] == variant]
        problems += _too_many(variant, units, own)
        problems += _refused_wrongly(variant, units, own)
    return {"told": told, "problems": problems}


def _too_many(variant: int, units: int, lines: list[dict[str, Any]]) -> list[str]:
    """Units surely held: from the answer of the hold to the request that gave them back."""
    moves = []
    for line in lines:
        if line["what"] == "held":
            moves.append((line["e"], 1, line["q"]))
        elif line["what"] in ("released", "lapsed"):
            moves.append((line["s"], 0, -line["q"]))
    held = most = 0
    for _, _, change in sorted(moves):
        held += change
        most = max(most, held)
    return [f"variant {variant}: {most} held at once of {units}"] if most > units else []


def _refused_wrongly(variant: int, units: int, lines: list[dict[str, Any]]) -> list[str]:
    """Units possibly held: from the request of the hold to the answer that gave them back. At no
    moment of a refused request may there surely have been enough."""
    moves = []
    for line in lines:
        if line["what"] == "held":
            moves.append((line["s"], line["q"]))
        elif line["what"] in ("released", "lapsed"):
            moves.append((line["e"], -line["q"]))
    moves.sort()
    times, level = [float("-inf")], [0]
    for moment, change in moves:
        times.append(moment)
        level.append(level[-1] + change)
    wrong = 0
    from bisect import bisect_left, bisect_right

    for line in lines:
        if line["what"] != "refused":
            continue
        first = bisect_right(times, line["s"]) - 1
        last = bisect_left(times, line["e"])
        if max(level[first : last + 1]) + line["q"] <= units:
            wrong += 1
    return [f"variant {variant}: {wrong} refused while there was enough"] if wrong else []
