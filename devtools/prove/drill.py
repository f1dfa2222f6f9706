"""What a drill is, what it reports, and how it gets a shop to break."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from devtools.prove.buyers import Crowd
from devtools.prove.figures import Figures, judge
from devtools.prove.forks import Nursery
from devtools.prove.ground import Ground
from devtools.prove.rig import Rig


@dataclass
class Result:
    """What came of a drill: figures from outside, numbers worth telling, what went wrong."""

    code: str
    title: str
    figures: Figures | None = None
    numbers: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    is_control: bool = False
    """A control has a guard removed, and must find what the guard keeps away."""
    red_by: tuple[str, ...] = ()
    """Figures, or words of problems, by which a control counts as red; without them by any."""

    @property
    def red(self) -> dict[str, int]:
        return self.figures.red() if self.figures else {}

    @property
    def passed(self) -> bool:
        found = [*self.red, *self.problems]
        if not self.is_control:
            return not found
        return any(word in each for each in found for word in self.red_by or ("",))

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note a problem unless what must hold does."""
        if not holds:
            self.problems.append(otherwise)

    def see(self, figures: Figures, crowd: Crowd | None = None) -> None:
        self.figures = figures
        self.numbers |= {"confirmed": figures.sold, "charges": figures.charged}
        if figures.returned:
            self.numbers["returned"] = figures.returned
        if crowd is not None:
            witness = crowd.witness
            self.numbers |= dict(witness.outcomes)
            for share, name in ((0.5, "p50 ms"), (0.95, "p95 ms"), (0.99, "p99 ms")):
                self.numbers[name] = witness.percentile(share)


@dataclass
class Stage:
    """What every drill of a run shares."""

    nursery: Nursery
    ground: Ground
    seed: int
    long: bool = False
    factor: float = 1.0
    keep: bool = False

    def size(self, short: int, long: int) -> int:
        return max(1, int((long if self.long else short) * self.factor))

    @contextmanager
    def shop(self, name: str, *, without: tuple[str, ...] = (), **settings: Any) -> Iterator[Rig]:
        """A shop of its own for one drill, with these settings; its database is thrown away."""
        rig = Rig(
            self.nursery, self.ground, name=name, seed=self.seed, without=without, more=settings
        )
        try:
            rig.start()
            yield rig
        finally:
            rig.stop()
            if not self.keep:
                self.ground.drop(rig.database)


Act = Callable[[Stage, Result], None]


@dataclass(frozen=True)
class Drill:
    code: str
    title: str
    act: Act
    is_essential: bool
    red_by: tuple[str, ...] | None = None

    @property
    def is_control(self) -> bool:
        return self.red_by is not None

    def run(self, stage: Stage) -> Result:
        """Carry it out. A rig that breaks is a failure too, of the control as well."""
        result = Result(
            code=self.code,
            title=self.title,
            is_control=self.is_control,
            red_by=self.red_by or (),
        )
        began = time.monotonic()
        try:
            self.act(stage, result)
        except Exception as error:
            traceback.print_exc()
            result.problems.append(f"the drill itself failed: {error!r}"[:300])
            result.is_control = False
        result.seconds = round(time.monotonic() - began, 1)
        return result


DRILLS: list[Drill] = []


def drill(
    code: str, title: str, *, essential: bool = False, red_by: tuple[str, ...] | None = None
) -> Callable[[Act], Act]:
    """Register a drill; the essential ones are the short mode, those with `red_by` are controls."""

    def register(act: Act) -> Act:
        DRILLS.append(Drill(code=code, title=title, act=act, is_essential=essential, red_by=red_by))
        return act

    return register


def stock_of(rig: Rig, scarce: dict[int, int] | None = None) -> dict[int, int]:
    """Set the scarce goods' counts; returns how many there are of each variant now."""
    if scarce:
        rig.set_stock(scarce)
    rows = rig.sql("SELECT variant_id, sum(on_hand)::int FROM inventory_stock GROUP BY variant_id")
    return {int(variant): int(units) for variant, units in rows}


def rules_broken(rig: Rig) -> list[str]:
    """The rules that do not hold, by code and promise."""
    results = rig.call("check_invariants")
    return [f"{r['code']} {r['rule']} ({r['violations']})" for r in results if r["violations"]]


def close(
    rig: Rig, crowd: Crowd, result: Result, opening: dict[int, int], *, patience: int = 120
) -> Figures:
    """Let everything settle, then judge."""
    # Without its guard a shop may never settle; it need not be waited for long.
    settled = rig.settle(seconds=15 if result.is_control else patience)
    result.numbers["settle s"] = round(settled, 1)
    if left := rig.waiting():
        result.problems.append(f"after the settle time there still wait {left}")
    figures = judge(rig, crowd.witness, opening)
    crowd.witness.close()
    result.see(figures, crowd)
    result.numbers["shop minutes"] = round(rig.minutes_passed)
    return figures
