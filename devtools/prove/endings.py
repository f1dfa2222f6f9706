"""One hold, four ways to end it, all within ten milliseconds of its deadline."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SPREAD = 0.005
QUANTITY = 2


def race(
    *, variant_id: int, location_id: int, repetitions: int, seed: int, guarded: bool
) -> dict[str, Any]:
    """Returns how often each ending won, and what did not add up."""
    from commerce.inventory import operations

    operations.set_on_hand(
        variant_id=variant_id, location_id=location_id, on_hand=10_000, cause="drill"
    )
    dice = random.Random(f"{seed}/endings")
    endings: Counter[str] = Counter()
    problems: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        for number in range(repetitions):
            holder = f"race-{number}"
            operations.reserve(holder=holder, quantities={variant_id: QUANTITY}, minutes=1)
            _nearly_lapse(holder)
            before = _stock(variant_id)
            acts = _acts(holder, variant_id, location_id, guarded)
            starts = [dice.uniform(0, 2 * SPREAD) for _ in acts]
            at = time.monotonic() + 0.002
            list(pool.map(_at, acts, [at + start for start in starts]))
            problems += _check(holder, variant_id, before, endings)
    return {"endings": dict(endings), "problems": problems}


def _nearly_lapse(holder: str) -> None:
    """Move the hold so that its deadline lies five milliseconds ahead."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_reservation SET created_at = created_at - left_over, expires_at ="
            " expires_at - left_over FROM (SELECT expires_at - clock_timestamp() - interval '5 ms'"
            " AS left_over FROM inventory_reservation WHERE holder = %s LIMIT 1) x"
            " WHERE holder = %s",
            [holder, holder],
        )


def _acts(
    holder: str, variant_id: int, location_id: int, guarded: bool
) -> list[Callable[[], object]]:
    from commerce.inventory import operations

    def recount() -> object:
        return operations.adjust(
            variant_id=variant_id, location_id=location_id, delta=0, cause="recount"
        )

    if not guarded:
        return [lambda: _end(holder, "claimed"), lambda: _end(holder, "released"), recount]
    return [
        lambda: operations.claim(holder=holder),
        lambda: operations.release(holder=holder),
        lambda: operations.release_lapsed(),
        recount,
    ]


def _end(holder: str, state: str) -> None:
    """What ending a hold would be without its guards: look, think, write. A trigger moves the
    stock at each end, as it should: it is only that there are two of them."""
    from commerce.inventory.models import Reservation

    [hold] = Reservation.objects.filter(holder=holder)
    if hold.state == "active":
        time.sleep(0.004)
        hold.state = state
        hold.save()


def _at(act: Callable[[], object], moment: float) -> str:
    from django.db import connection

    try:
        connection.ensure_connection()
        while time.monotonic() < moment:
            time.sleep(0.0003)
        act()
    except Exception as error:
        return type(error).__name__
    return "done"


def _stock(variant_id: int) -> tuple[int, int]:
    from django.db.models import Sum

    from commerce.inventory.models import Stock

    found = Stock.objects.filter(variant_id=variant_id).aggregate(
        a=Sum("on_hand"), b=Sum("reserved")
    )
    return int(found["a"]), int(found["b"])


def _check(
    holder: str, variant_id: int, before: tuple[int, int], endings: Counter[str]
) -> list[str]:
    from commerce.inventory import operations
    from commerce.inventory.models import Reservation

    operations.release(holder=holder)
    states = list(Reservation.objects.filter(holder=holder).values_list("state", flat=True))
    state = states[0] if len(states) == 1 else str(states)
    endings[state] += 1
    on_hand, reserved = _stock(variant_id)
    sold = QUANTITY if state == "claimed" else 0
    right = (before[0] - sold, before[1] - QUANTITY)
    if (on_hand, reserved) != right:
        return [f"{holder} ended {state} and left {on_hand, reserved}, not {right}"]
    return []
