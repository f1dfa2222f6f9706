"""A shop's processes: how they are started, killed where they happen to be, and followed."""

from __future__ import annotations

import itertools
import json
import queue
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devtools.prove.forks import Nursery, RigBroken
from devtools.prove.ground import PLACE

WEB_PLACES = (
    "checkout_held",
    "before_hold",
    "after_hold",
    "after_intent_row",
    "before_provider",
    "after_provider",
    "payment_seen",
    "inside_finalise",
    "after_finalise_commit",
    "before_response",
)
MONEY_PLACES = (
    "payment_seen",
    "inside_finalise",
    "after_finalise_commit",
    *3 * ("refund_before_provider", "refund_after_provider"),
)
"""Web processes die at the first three as well; refunds are this worker's alone, and rare."""
RELAY_PLACES = (
    "relay_before_send",
    "relay_after_send",
    "mail_before_send",
    "mail_after_send",
)
BEAT_RUNS_FASTER = 20
EVERYTHING_ELSE = "default,mail,slow,bulk"
"""Queues of the worker that has all but money."""
_numbers = itertools.count(1)


@dataclass
class Slot:
    """A place for one process; whoever dies in it is followed by the next one."""

    name: str
    order: dict[str, Any]
    supervised: bool = True
    deadly: tuple[str, ...] = ()
    id: int = 0
    without: tuple[str, ...] = ()
    failpoints: str = ""
    lives: int = 0
    alive: bool = False
    code: int | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Processes:
    """Those of one drill's shop. Where they run and with what settings is the rig's to say."""

    def __init__(
        self, nursery: Nursery, *, name: str, seed: int, without: Iterable[str] = ()
    ) -> None:
        self.nursery = nursery
        self.name = name
        self.dice = random.Random(f"{seed}/{name}")
        self.without = list(without)
        self.database = f"prove_{name.lower().replace('-', '_')}"
        self.place = PLACE / "drills" / name
        self.slots: dict[int, Slot] = {}
        self.port = 0
        self.deaths = 0
        self.is_deadly = False
        self.lifetime = (2.0, 6.0)
        self.slowness = 1.0
        self.only_places: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._stopping = threading.Event()

    def settings(self) -> dict[str, Any]:
        """What every process of this shop is told beside the settings module."""
        raise NotImplementedError

    def add(
        self,
        name: str,
        kind: str,
        *,
        deadly: tuple[str, ...] = (),
        failpoints: str = "",
        **order: Any,
    ) -> Slot:
        order = {"kind": kind, "name": name, **order}
        slot = Slot(name=name, order=order, deadly=deadly, failpoints=failpoints)
        with self._lock:
            self._spawn(slot)
        return slot

    def add_beat(self, name: str) -> Slot:
        return self.add(name, "beat", faster=BEAT_RUNS_FASTER / min(self.slowness, 5.0))

    def _spawn(self, slot: Slot, failpoints: str | None = None) -> None:
        slot.id = next(_numbers)
        slot.lives += 1
        slot.alive = True
        slot.ended.clear()
        self.slots[slot.id] = slot
        if failpoints is None:
            failpoints = slot.failpoints
        if not failpoints:
            failpoints = self._fate(slot) if self.is_deadly and slot.deadly else ""
        if self.is_deadly and slot.deadly:
            years = self.dice.uniform(*self.lifetime) * self.slowness
            timer = threading.Timer(years, self._strike, [slot, slot.id])
            timer.daemon = True
            timer.start()
        self.nursery.say(
            op="spawn",
            id=slot.id,
            database=self.database,
            settings=self.settings(),
            failpoints=failpoints,
            without=[*self.without, *slot.without],
            log=str(self.place / f"{slot.name}.log"),
            **slot.order,
        )

    def _strike(self, slot: Slot, life: int) -> None:
        """Whoever did not come by its deadly place is killed wherever it happens to be."""
        with self._lock:
            if self.is_deadly and slot.alive and slot.id == life:
                self.nursery.say(op="kill", id=life)

    def _fate(self, slot: Slot) -> str:
        """Where this life ends: planned by the seed, the slot and the number of the life."""
        dice = random.Random(f"{self.dice.random()}/{slot.name}/{slot.lives}")
        place = dice.choice(self.only_places or slot.deadly)
        rare = place.startswith(("refund", "payout"))
        return f"{place}=die@{1 if rare else dice.randint(1, 4)}"

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            self._bury(timeout=0.2)

    def _bury(self, *, timeout: float) -> None:
        try:
            news = self.nursery.died.get(timeout=timeout)
        except queue.Empty:
            return
        with self._lock:
            slot = self.slots.pop(news["died"], None)
            if slot is None or slot.id != news["died"]:
                return
            slot.alive, slot.code = False, news["code"]
            slot.ended.set()
            if news["code"] == -9:
                self.deaths += 1
            if slot.supervised and not self._stopping.is_set():
                threading.Timer(0.15, self._revive, [slot]).start()

    def _revive(self, slot: Slot) -> None:
        with self._lock:
            if slot.supervised and not slot.alive and not self._stopping.is_set():
                self._spawn(slot)

    def kill(self, name: str) -> None:
        """kill -9 whatever runs in the slot; its supervisor starts the next one."""
        with self._lock:
            for slot in list(self.slots.values()):
                if slot.name == name and slot.alive:
                    self.nursery.say(op="kill", id=slot.id)

    def slot(self, name: str) -> Slot:
        with self._lock:
            return next(slot for slot in self.slots.values() if slot.name == name)

    def rest(self, name: str) -> Slot:
        """End a process and do not start it again; returns its place, for `resume`."""
        slot = self.slot(name)
        slot.supervised = False
        self.nursery.say(op="kill", id=slot.id)
        slot.ended.wait(10)
        return slot

    def resume(self, slot: Slot) -> None:
        slot.supervised = True
        with self._lock:
            self._spawn(slot)

    def restart_all(self) -> None:
        """Replace every process by one that nobody ordered to die."""
        with self._lock:
            names = [slot.name for slot in self.slots.values() if slot.supervised]
        for name in names:
            self.kill(name)
        self.deaths -= len(names)
        time.sleep(0.3)
        self.wait_for_web()

    @contextmanager
    def deadly(self) -> Iterator[None]:
        """Order every process from now on to die somewhere, life after life."""
        self.is_deadly = True
        self.restart_all()
        try:
            yield
        finally:
            self.is_deadly = False
            self.restart_all()

    def count_failpoints(self) -> dict[str, int]:
        """How often a process died at each named place, by what it wrote with its last breath."""
        found: dict[str, int] = {}
        for path in self.place.glob("*.log"):
            for line in path.read_bytes().splitlines():
                if line.startswith(b"failpoint "):
                    name = line.split()[1].decode()
                    found[name] = found.get(name, 0) + 1
        return dict(sorted(found.items()))

    def call(
        self, function: str, *, failpoints: str = "", seconds: float = 120, **values: Any
    ) -> Any:
        """Run a function of `hands` in a process of its own; None when it was killed."""
        slot = self.begin(function, failpoints=failpoints, **values)
        return self.finish(slot, seconds=seconds)

    def begin(self, function: str, *, failpoints: str = "", **values: Any) -> Slot:
        answer = self.place / f"answer-{next(_numbers)}.json"
        order = {"kind": "call", "name": "call", "call": function, "values": values}
        slot = Slot(name="call", order={**order, "answer": str(answer)}, supervised=False)
        with self._lock:
            self._spawn(slot, failpoints)
        return slot

    def begin_role(self, kind: str, **values: Any) -> Slot:
        """Start a process that is not supervised, such as one of many holders."""
        name = f"{kind}-{next(_numbers)}"
        order = {"kind": kind, "name": name, "values": values}
        slot = Slot(name=name, order=order, supervised=False)
        with self._lock:
            self._spawn(slot, "")
        return slot

    def finish(self, slot: Slot, *, seconds: float = 120) -> Any:
        if not slot.ended.wait(seconds):
            raise RigBroken(f"{slot.order['call']} did not end within {seconds:.0f} s")
        if slot.code == -9:
            return None
        if slot.code:
            log = (self.place / "call.log").read_text(errors="replace")[-3000:]
            raise RigBroken(f"{slot.order['call']} failed:\n{log}")
        return json.loads(Path(slot.order["answer"]).read_text())

    def wait_for_web(self, seconds: float = 60) -> float:
        """Wait until the shop answers; returns how long that took."""
        began = time.monotonic()
        address = f"http://127.0.0.1:{self.port}/health/ready"
        while time.monotonic() < began + seconds:
            try:
                with urllib.request.urlopen(address, timeout=2) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise RigBroken(f"the shop of {self.name} does not answer; see {self.place}")
