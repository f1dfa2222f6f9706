"""The system under test: its processes, its database, its provider, its clock."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from devtools.embedded.places import CHECKOUT
from devtools.prove.forks import Nursery, RigBroken
from devtools.prove.ground import Ground
from devtools.prove.processes import EVERYTHING_ELSE, MONEY_PLACES, RELAY_PLACES, WEB_PLACES
from devtools.prove.roles import THREADS
from devtools.prove.written import Books
from devtools.stripe_double import Control

SECRET = "whsec_stoa"
WEBS = 2
ENDED_BY_TIME = {"active holds", "open pages", "pending orders"}
USUAL_START = 0.5
"""Seconds until web processes answer on a machine that has nothing else to do."""


class Rig(Books):
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
        super().__init__(nursery, ground, name=name, seed=seed, without=without)
        self.more = dict(more or {})
        self.began = time.time_ns()
        self.double: Control
        self._double_process: subprocess.Popen[bytes] | None = None

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
        for number in range(1, WEBS + 1):
            self.add(
                f"web-{number}", "web", deadly=WEB_PLACES, port=self.port,
                watch=str(self.place / "waits"),
            )  # fmt: skip
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

    def waited(self, began: float, ended: float) -> float:
        """The share of their time that web threads waited for the provider between two moments."""
        waits = [
            json.loads(line)
            for path in self.place.glob("waits-*.jsonl")
            for line in path.read_text().splitlines()
        ]
        seconds = sum(max(0.0, min(end, ended) - max(begin, began)) for begin, end in waits)
        return seconds / (WEBS * THREADS * (ended - began))

    def settings(self) -> dict[str, Any]:
        return {
            "STRIPE_API_BASE": self.double.url,
            "SITE_URL": f"http://127.0.0.1:{self.port}",
            "MAILBOX_ROOT": str(self.place / "mail"),
            "SEALS_FOLDER": f"seals/{self.name}-{self.began}",
            **self.more,
        }

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
        """Give the shop some seconds, fewer when only time ends what waits; returns at once when
        nothing does."""
        began = time.monotonic()
        left = self.waiting()
        while left:
            patience = seconds / 2 if left.keys() <= ENDED_BY_TIME else seconds
            if time.monotonic() - began > patience:
                break
            time.sleep(0.3)
            left = self.waiting()
        return left


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
