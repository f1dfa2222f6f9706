"""The system under test: its processes, their deaths, its provider, its clock."""

from __future__ import annotations

import itertools
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from redis.exceptions import RedisError

from devtools.embedded.places import CHECKOUT
from devtools.prove import ground as grounds
from devtools.prove.ground import PLACE, TEMPLATE, Ground
from devtools.stripe_double import Control

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
    "refund_before_provider",
    "refund_after_provider",
)
RELAY_PLACES = (
    "relay_before_send",
    "relay_after_send",
    "mail_before_send",
    "mail_after_send",
)
SECRET = "whsec_stoa"
BEAT_RUNS_FASTER = 20
USUAL_START = 0.5
"""Seconds until web processes answer on a machine that has nothing else to do."""
EVERYTHING_ELSE = "default,mail,slow,bulk"
"""Queues of the worker that has all but money."""
_numbers = itertools.count(1)
ENDING = threading.Event()
"""Set when the run is asked to stop: buyers go home."""


class RigBroken(RuntimeError):
    """The rig itself does not work, so nothing is proven either way."""


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


class Nursery:
    """The other end of `devtools.prove.nursery`."""

    def __init__(self, ground: Ground) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "devtools.prove.nursery"],
            cwd=CHECKOUT,
            env=grounds.environment(ground, TEMPLATE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.died: queue.Queue[dict[str, Any]] = queue.Queue()
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        self.hear("ready", 180)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            answer = json.loads(line)
            (self.died if "died" in answer else self.answers).put(answer)

    def say(self, **order: Any) -> None:
        assert self.process.stdin is not None
        with self._lock:
            self.process.stdin.write(json.dumps(order) + "\n")

    def hear(self, name: str, seconds: float = 30) -> dict[str, Any]:
        """Wait for an answer. Only one caller at a time asks for anything but forks."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(queue.Empty):
                answer = self.answers.get(timeout=0.2)
                if name in answer:
                    return answer
            if self.process.poll() is not None:
                raise RigBroken("the nursery ended; see what it wrote above")
        raise RigBroken(f"the nursery did not answer {name!r}")

    def close(self) -> None:
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@dataclass(frozen=True)
class Good:
    variant_id: int
    product_id: int
    seller_id: int
    location_id: int
    path: str


class Rig:
    """One drill's shop: two web processes, two workers, beat, a provider, a mailbox, a database."""

    def __init__(
        self,
        nursery: Nursery,
        ground: Ground,
        *,
        name: str,
        seed: int,
        without: Iterable[str] = (),
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.more = dict(more or {})
        self.nursery = nursery
        self.ground = ground
        self.name = name
        self.dice = random.Random(f"{seed}/{name}")
        self.without = list(without)
        self.database = f"prove_{name.lower().replace('-', '_')}"
        self.place = PLACE / "drills" / name
        self.slots: dict[int, Slot] = {}
        self.port = 0
        self.deaths = 0
        self.minutes_passed = 0.0
        self.began = time.time_ns()
        self.is_deadly = False
        self.lifetime = (2.0, 6.0)
        self.slowness = 1.0
        self.only_places: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self.double: Control
        self._double_process: subprocess.Popen[bytes] | None = None

    # -- start and end ------------------------------------------------------------------------

    def start(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        (self.place / "mail").mkdir(parents=True)
        self.port = free_port()
        self._begin_double()  # which is there when the database is
        self.ground.clone(self.database)
        self.ground.redis().flushall()
        self.nursery.say(op="listen", port=self.port)
        self.nursery.hear("listening")
        threading.Thread(target=self._supervise, daemon=True).start()
        for number in (1, 2):
            self.add(f"web-{number}", "web", deadly=WEB_PLACES, port=self.port)
        self.add("money", "worker", deadly=MONEY_PLACES, queues="money")
        self.add("rest", "worker", deadly=RELAY_PLACES, queues=EVERYTHING_ELSE)
        # On a busy machine a life must be longer, or nobody would ever get to work, and what comes
        # every minute must come less often, or workers would never be done with it.
        self.slowness = max(1.0, self.wait_for_web() / USUAL_START)
        self._wait_for_double()
        self.add_beat("beat")

    def _begin_double(self) -> None:
        port = free_port()
        log = (self.place / "double.log").open("wb")
        hook = f"http://127.0.0.1:{self.port}/webhooks/stripe/"
        command = [sys.executable, "-m", "devtools.stripe_double", "--port", str(port)]
        command += ["--webhook-url", hook, "--webhook-secret", SECRET]
        self._double_process = subprocess.Popen(
            command, cwd=CHECKOUT, stdout=log, stderr=subprocess.STDOUT
        )
        self.double = Control(f"http://127.0.0.1:{port}")

    def _wait_for_double(self) -> None:
        for _ in range(100):
            with suppress(OSError):
                self.double.state()
                return
            time.sleep(0.1)
        raise RigBroken("the provider's double did not start")

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            for slot in self.slots.values():
                slot.supervised = False
                if slot.alive:
                    self.nursery.say(op="kill", id=slot.id)
        deadline = time.monotonic() + 10
        while any(s.alive for s in self.slots.values()) and time.monotonic() < deadline:
            self._bury(timeout=0.1)
        self.nursery.say(op="shut", port=self.port)
        if self._double_process is not None:
            self._double_process.terminate()
            self._double_process.wait(timeout=15)

    # -- processes ----------------------------------------------------------------------------

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

    def settings(self) -> dict[str, Any]:
        return {
            "STRIPE_API_BASE": self.double.url,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "MAILBOX_ROOT": str(self.place / "mail"),
            "SEALS_FOLDER": f"seals/{self.name}-{self.began}",
            **self.more,
        }

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

    # -- database, stock and time -------------------------------------------------------------

    def sql(self, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
        with self.ground.connect(self.database) as connection:
            return run(connection, statement, params)

    def until_none(self, statement: str, seconds: float = 60) -> bool:
        """Wait until a query finds nothing any more; False when that took too long."""
        deadline = time.monotonic() + seconds
        while self.sql(statement):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.3)
        return True

    def goods(self) -> list[Good]:
        rows = self.sql(
            "SELECT s.variant_id, v.product_id, p.seller_id, s.location_id, l.path"
            " FROM inventory_stock s JOIN catalog_variant v ON v.id = s.variant_id"
            " JOIN catalog_product p ON p.id = v.product_id"
            " JOIN catalog_listing l ON l.product_id = p.id ORDER BY s.variant_id"
        )
        return [Good(*row) for row in rows]

    def set_stock(self, units: dict[int, int]) -> None:
        """Let there be so many of each variant; goods not named keep their thousand."""
        places = {good.variant_id: good.location_id for good in self.goods()}
        counts = [[variant, places[variant], units[variant]] for variant in units]
        self.call("set_stock", counts=counts)

    def age(self, minutes: float) -> None:
        """Let time pass for everything the shop has written down.

        Whatever is due later is due that much sooner; nothing knows but the clock on the wall.
        """
        for _ in range(8):
            try:
                self._age(minutes)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable):
                continue  # the shop was at work on the same rows
            self.minutes_passed += minutes
            if minutes >= 10:
                self._forget_tries()
            return
        raise RigBroken("time could not pass: the shop holds its rows")

    def _age(self, minutes: float) -> None:
        with self.ground.connect(self.database) as connection, connection.transaction():
            run(connection, "SET LOCAL session_replication_role = replica")
            run(connection, "SET LOCAL lock_timeout = '20s'")
            for table, columns in _timed(connection).items():
                moved = ", ".join(
                    f'"{name}" = "{name}" - make_interval(secs => {minutes * 60})'
                    for name in columns
                )
                run(connection, f'UPDATE "{table}" SET {moved}')

    def _forget_tries(self) -> None:
        """Whoever tried too often may try again by then."""
        redis = self.ground.redis()
        with suppress(OSError, RedisError):
            for key in redis.scan_iter("*limit:*"):
                redis.delete(key)

    def waiting(self) -> dict[str, int]:
        """What is not finished yet, by kind."""
        row = self.sql(_WAITING)[0]
        return {name: count for name, count in zip(_KINDS, row, strict=True) if count}

    def settle(self, *, seconds: float = 120) -> float:
        """Let the shop finish: first what it can finish alone, then what only time ends.

        Returns the seconds this took on the wall; `minutes_passed` tells the shop's own time.
        """
        began = time.monotonic()
        self.double.clear_faults()
        self.double.outage(None)
        with suppress(Exception):
            self.double.clear_disturbances()
            self.double.retry_webhooks()
        self.restart_all()
        steps = itertools.chain((1, 2, 5, 15, 30, 60, 60), itertools.repeat(120))
        most = 0
        while time.monotonic() - began < seconds:
            left = self._calm(4)
            busy = left.get("undelivered facts", 0) + left.get("mails", 0)
            if most and busy < most - 10:  # workers are at it, and need no time to pass
                most = busy
                continue
            most = busy
            only_pages = left.keys() <= {"open pages", "pending orders"}
            if only_pages and left.get("pending orders", 0) <= left.get("open pages", 0):
                break
            self.age(next(steps))
        if self.waiting():
            self.double.advance(45 * 60)
            self.age(45)
            while self._calm(4) and time.monotonic() - began < seconds * 2:
                self.age(next(steps))
        return time.monotonic() - began

    def _calm(self, seconds: float) -> dict[str, int]:
        """Give the shop some seconds; returns at once when nothing waits."""
        deadline = time.monotonic() + seconds
        left = self.waiting()
        while left and time.monotonic() < deadline:
            time.sleep(0.3)
            left = self.waiting()
        return left


_KINDS = (
    "pending orders",
    "open pages",
    "open attempts",
    "undelivered facts",
    "refunds",
    "mails",
    "notices",
    "active holds",
)
_WAITING = """
SELECT
  (SELECT count(*) FROM orders_order WHERE state = 'pending'),
  (SELECT count(*) FROM payments_payment WHERE state = 'created' AND provider_session IS NOT NULL),
  (SELECT count(*) FROM payments_payment
    WHERE (state = 'created' AND provider_session IS NULL) OR state = 'processing'),
  (SELECT count(*) FROM outbox_delivery WHERE delivered_at IS NULL AND attempts < 10),
  (SELECT count(*) FROM payments_refund WHERE state IN ('requested', 'pending')),
  (SELECT count(*) FROM notifications_message WHERE sent_at IS NULL AND attempts < 10),
  (SELECT count(*) FROM payments_providerevent WHERE handled_at IS NULL AND attempts < 20),
  (SELECT count(*) FROM inventory_reservation r WHERE state = 'active' AND NOT EXISTS (
    SELECT 1 FROM orders_order o WHERE o.token = r.holder AND o.state = 'pending'))
"""
_TIMED = """
SELECT c.table_name, array_agg(c.column_name::text)
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND c.data_type = 'timestamp with time zone' AND c.is_generated = 'NEVER'
  AND c.table_name ~ '^(orders|payments|inventory_reservation|outbox|notifications|checkout|cart'
    '|payouts|returns|fulfillment_shipment)'
GROUP BY c.table_name ORDER BY c.table_name
"""


def _timed(connection: psycopg.Connection) -> dict[str, list[str]]:
    return {str(table): list(columns) for table, columns in run(connection, _TIMED)}


def run(
    connection: psycopg.Connection, statement: str, params: Any = None
) -> list[tuple[Any, ...]]:
    cursor = connection.execute(statement, params)
    return cursor.fetchall() if cursor.description else []


def free_port() -> int:
    """A port nobody listens on; from PROVE_PORT upwards when that is set."""
    import socket

    first = int(os.environ.get("PROVE_PORT", "0"))
    for port in range(first, first + 30) if first else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RigBroken("no port is free")
