"""Who works for the marketplace while a drill runs, and when the mailbox says they were told."""

from __future__ import annotations

import time

from devtools.prove.drill import Result
from devtools.prove.figures import arrivals
from devtools.prove.processes import BEAT_RUNS_FASTER
from devtools.prove.rig import Rig

BOSS, CLERK, STRANGER = "boss@staff.example", "clerk@staff.example", "stranger@staff.example"
MOST_MINUTES = 5
OWN_WORK = 5.0
"""Seconds that the machine itself may need for a mail, of which the schedule knows nothing."""


def hire(rig: Rig, right: str) -> None:
    """One person with all rights, one with this right, and one with another."""
    rig.call("open_staff", people={BOSS: "all", CLERK: right, STRANGER: "manage_tax"})


def expect_alarm(rig: Rig, result: Result, headline: str, *, since: float) -> None:
    """Whoever has the right is told by mail within five minutes of the shop; nobody else is."""
    speed = BEAT_RUNS_FASTER / min(rig.slowness, 5.0)
    patience = MOST_MINUTES * 60 / speed + OWN_WORK * rig.slowness
    told: dict[str, float] = {}
    while time.time() < since + patience:
        told = {to: at for at, to, subject, _ in reversed(arrivals(rig)) if headline in subject}
        if {BOSS, CLERK} <= told.keys():
            break
        time.sleep(0.3)
    minutes = max([0.0, *((at - since) * speed / 60 for at in told.values())])
    result.numbers |= {"alarmed": len(told), "alarm after shop minutes": round(minutes, 1)}
    missing = sorted({BOSS, CLERK} - told.keys())
    result.expect(not missing, f"nobody alarmed {missing} within {MOST_MINUTES} minutes")
    result.expect(STRANGER not in told, "somebody without the right was alarmed")
