"""One running double: its objects, clock, scheduled jobs and the events it has to send."""

import heapq
import itertools
import json
import random
import string
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .store import PLATFORM, Obj, Store

API_VERSION = "2026-10-28.endive"
_LETTERS = string.ascii_letters + string.digits

Job = Callable[..., Any]
JOBS: dict[str, Job] = {}


def job(function: Job) -> Job:
    """A function `(world, **values)` that may be scheduled by name and survives a restart."""
    JOBS[function.__name__] = function
    return function


@dataclass
class Behavior:
    """How the money side behaves; changed at run time through the control API."""

    funds_delay: int = 0  # seconds until charged money is available
    settlement_delay: float = 0  # seconds until a charge has its balance transaction
    payout_delay: float = 0  # seconds until a payout is paid
    payout_failure: str = ""  # failure code of the next payouts; empty: they succeed
    async_delay: float = 3  # seconds until a delayed payment is decided
    refund_delay: float = 3  # seconds until a pending refund is decided
    refunds_when_short: str = "negative"  # or "pending": wait until the balance covers them
    fee_basis_points: int = 290
    fee_fixed: int = 30
    dispute_fee: int = 1500

    def change(self, values: dict[str, Any]) -> None:
        types = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in values.items():
            if name not in types:
                raise ValueError(f"no setting named {name}; there are {', '.join(sorted(types))}")
            setattr(self, name, types[name](value))


class Clock:
    """Real time plus what the control API added."""

    def __init__(self) -> None:
        self.offset = 0.0

    def time(self) -> float:
        return time.time() + self.offset

    def now(self) -> int:
        return int(self.time())


@dataclass
class World:
    store: Store
    behavior: Behavior = field(default_factory=Behavior)
    clock: Clock = field(default_factory=Clock)
    base_url: str = ""
    api_version: str = API_VERSION
    request: dict[str, str | None] = field(
        default_factory=lambda: {"id": None, "idempotency_key": None}
    )

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.unsent: list[str] = []
        self.balances: dict[str, dict[str, dict[str, int]]] = {}
        self._random = random.Random()
        self._jobs: list[tuple[float, int, str]] = []
        self._sequence = itertools.count()
        self._recall()

    @classmethod
    def open(cls, path: str | Path | None, behavior: dict[str, Any]) -> "World":
        world = cls(Store(path))
        world.behavior.change(behavior)
        return world

    def _recall(self) -> None:
        """Rebuild what is derived from stored objects: balances, the job queue, the clock."""
        clock = self.store.find("_clock", "_clock")
        self.clock.offset = clock["offset"] if clock else 0.0
        for txn in self.store.all("balance_transaction"):
            self.count(txn)
        for stored in self.store.all("_job"):
            heapq.heappush(self._jobs, (stored["due"], next(self._sequence), stored["id"]))

    # -- identifiers ----------------------------------------------------------------------

    def new_id(self, prefix: str, length: int = 24) -> str:
        return prefix + "".join(self._random.choices(_LETTERS, k=length))

    # -- money ----------------------------------------------------------------------------

    def purse(self, account: str, currency: str) -> dict[str, int]:
        return self.balances.setdefault(account, {}).setdefault(
            currency, {"available": 0, "pending": 0}
        )

    def count(self, txn: Obj, sign: int = 1) -> None:
        """Add a balance transaction to (or with -1 take it from) the running totals."""
        self.purse(txn["_account"], txn["currency"])[txn["status"]] += sign * txn["net"]

    # -- events ---------------------------------------------------------------------------

    def emit(
        self, kind: str, obj: Obj, *, account: str = PLATFORM, previous: Obj | None = None
    ) -> None:
        """Record an event with a snapshot of the object; it is sent once the change is stored."""
        data: Obj = {"object": public(obj)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Obj = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.clock.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": dict(self.request),
            "type": kind,
        }
        if account != PLATFORM:
            event["account"] = account
        record = {
            "id": event["id"],
            "object": "event",
            "type": kind,
            "created": event["created"],
            "delivery": "waiting",
            "attempts": 0,
            "last_status": None,
            "_text": json.dumps(event, separators=(",", ":")),
        }
        self.store.add(record, account=account)
        self.unsent.append(event["id"])

    def take_unsent(self) -> list[str]:
        taken, self.unsent = self.unsent, []
        return taken

    # -- scheduled jobs -------------------------------------------------------------------

    def later(self, seconds: float, name: str, **values: Any) -> None:
        """Run a registered job after so many (simulated) seconds; survives a restart."""
        due = self.clock.time() + seconds
        stored: Obj = {"id": self.new_id("job_"), "due": due, "name": name, "values": values}
        self.store.add(stored, kind="_job")
        heapq.heappush(self._jobs, (due, next(self._sequence), stored["id"]))

    def next_due(self) -> float | None:
        return self._jobs[0][0] if self._jobs else None

    def hasten(self, name: str) -> int:
        """Run what is scheduled under a name now, without the clock; returns how much there was."""
        found = [
            (due, number, identifier)
            for due, number, identifier in self._jobs
            if (self.store.find("_job", identifier) or {}).get("name") == name
        ]
        self._jobs = [job for job in self._jobs if job not in found]
        heapq.heapify(self._jobs)
        rest, self._jobs = self._jobs, []
        for job in sorted(found):
            heapq.heappush(self._jobs, job)
            self._run_next()
        for job in rest:
            heapq.heappush(self._jobs, job)
        return len(found)

    def run_due(self) -> None:
        while self._jobs and self._jobs[0][0] <= self.clock.time():
            self._run_next()

    def _run_next(self) -> None:
        _, _, identifier = heapq.heappop(self._jobs)
        stored = self.store.find("_job", identifier)
        if stored is not None:
            self.store.remove(stored)
            before, self.request = self.request, {"id": None, "idempotency_key": None}
            try:
                JOBS[stored["name"]](self, **stored["values"])
            finally:
                self.request = before

    def advance(self, seconds: float) -> None:
        """Move the clock on, running every job at the moment it was due."""
        target = self.clock.time() + seconds
        while self._jobs and self._jobs[0][0] <= target:
            self.clock.offset += max(0.0, self._jobs[0][0] - self.clock.time())
            self._run_next()
        self.clock.offset += max(0.0, target - self.clock.time())
        clock = self.store.find("_clock", "_clock") or {"id": "_clock", "offset": 0.0}
        clock["offset"] = self.clock.offset
        self.store.add(clock, kind="_clock")

    def reset(self) -> None:
        self.store.clear()
        self.balances.clear()
        self._jobs.clear()
        self.unsent.clear()
        self.clock.offset = 0.0
        self.behavior = Behavior()


def public(obj: Obj) -> Obj:
    return {name: value for name, value in obj.items() if name[0] != "_"}
