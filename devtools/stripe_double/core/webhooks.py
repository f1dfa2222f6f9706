"""Delivery of events: signed, asynchronous, retried for days, and disturbed on request."""

import hashlib
import heapq
import hmac
import itertools
import random
import threading
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from .store import PLATFORM, Obj
from .world import World

RETRY_AFTER = (0.25, 0.5, 1, 2, 4, 8, 15)  # seconds; the last one repeats
GIVE_UP_AFTER = 3 * 86_400
TIMEOUT = 20
RULES = ("duplicate", "delay", "drop", "reorder")


@dataclass
class Rule:
    """One disturbance of the next `times` matching events."""

    kind: str
    types: str = "*"
    times: int | None = 1
    copies: int = 2  # duplicate: how often each event is sent
    seconds: float = 1.0  # delay
    count: int = 2  # reorder: so many events are held back and sent last first
    shuffle: bool = False  # reorder: in random order instead
    hits: int = 0
    held: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.kind not in RULES:
            raise ValueError(f"no disturbance named {self.kind}; there are {', '.join(RULES)}")
        if self.kind == "reorder":
            self.times = self.count


def signature(payload: str, secrets: list[str], timestamp: int | None = None) -> str:
    """The header `t=…,v1=…`, with one signature for each active secret."""
    moment = int(time.time()) if timestamp is None else timestamp
    signed = f"{moment}.{payload}".encode()
    parts = [f"t={moment}"]
    parts += [f"v1={hmac.new(s.encode(), signed, hashlib.sha256).hexdigest()}" for s in secrets]
    return ",".join(parts)


class Webhooks:
    """A queue of deliveries and the threads that work on it. A delivery is a list of event ids
    sent one after the other, so that a chosen order is really seen."""

    def __init__(
        self,
        world: World,
        url: str | None,
        secrets: list[str],
        connect_secrets: list[str] | None = None,
        workers: int = 4,
    ) -> None:
        self.world = world
        self.url = url
        self.secrets = secrets
        self.connect_secrets = connect_secrets or []
        self.paused = False
        self.rules: list[Rule] = []
        self._workers = workers
        self._changed = threading.Condition()
        self._queue: list[tuple[float, int, list[str]]] = []
        self._sequence = itertools.count()
        self._busy = 0
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stopped = False
        waiting = [e["id"] for e in self.world.store.all("event") if e["delivery"] == "waiting"]
        for identifier in waiting:
            self._put([identifier], 0)
        for number in range(self._workers):
            thread = threading.Thread(target=self._work, name=f"webhooks-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=2)
        self._threads.clear()

    # -- what goes out, and when ----------------------------------------------------------

    def submit(self, identifiers: list[str]) -> None:
        for identifier in identifiers:
            record = self.world.store.by_id[identifier]
            if self.url is None:
                self._mark(record, "no endpoint")
            else:
                self._apply_rules(record)

    def _apply_rules(self, record: Obj) -> None:
        identifier = record["id"]
        rule = self._take_rule(record["type"])
        if rule is None:
            self._put([identifier], 0)
        elif rule.kind == "drop":
            self._mark(record, "dropped")
        elif rule.kind == "delay":
            self._put([identifier], rule.seconds)
        elif rule.kind == "duplicate":
            for _ in range(rule.copies):
                self._put([identifier], 0)
        else:
            rule.held.append(identifier)
            if len(rule.held) == rule.count:
                self._release(rule)

    def _take_rule(self, kind: str) -> Rule | None:
        with self._changed:
            for rule in self.rules:
                if fnmatchcase(kind, rule.types) and (rule.times is None or rule.hits < rule.times):
                    rule.hits += 1
                    return rule
        return None

    def _release(self, rule: Rule) -> None:
        held, rule.held = rule.held, []
        if rule.shuffle:
            random.shuffle(held)
        else:
            held.reverse()
        if held:
            self._put(held, 0)

    def add_rule(self, values: dict[str, Any]) -> Rule:
        try:
            rule = Rule(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        with self._changed:
            self.rules.append(rule)
        return rule

    def clear_rules(self) -> None:
        """Back to normal; events held back for reordering are sent now."""
        with self._changed:
            rules, self.rules = self.rules, []
        for rule in rules:
            self._release(rule)

    def pause(self, paused: bool) -> None:
        with self._changed:
            self.paused = paused
            self._changed.notify_all()
        if not paused:
            self.retry_now()

    def retry_now(self) -> None:
        """Make every queued delivery due at once."""
        with self._changed:
            self._queue = [(0.0, order, ids) for _, order, ids in self._queue]
            heapq.heapify(self._queue)
            self._changed.notify_all()

    def discard(self) -> None:
        """Forget what is queued, and return once what is under way has been answered."""
        with self._changed:
            self.rules.clear()
            self._queue.clear()
            while self._busy:
                self._changed.wait()
                self._queue.clear()  # such as the retry of what was refused just now
            self._changed.notify_all()

    def redeliver(self, identifier: str, times: int = 1) -> None:
        for _ in range(times):
            self._put([identifier], 0)

    def wait_until_quiet(self, timeout: float) -> bool:
        """True once nothing is queued or under way; False when that took too long."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._queue or self._busy:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def queued(self) -> int:
        with self._changed:
            return sum(len(ids) for _, _, ids in self._queue) + self._busy

    def _put(self, identifiers: list[str], delay: float) -> None:
        with self._changed:
            item = (time.monotonic() + delay, next(self._sequence), identifiers)
            heapq.heappush(self._queue, item)
            self._changed.notify_all()

    # -- sending --------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            batch = self._next()
            if batch is None:
                return
            try:
                for identifier in batch:
                    self._deliver(identifier)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> list[str] | None:
        with self._changed:
            while not self._stopped:
                if self._queue and not self.paused:
                    left = self._queue[0][0] - time.monotonic()
                    if left <= 0:
                        self._busy += 1
                        return heapq.heappop(self._queue)[2]
                    self._changed.wait(left)
                else:
                    self._changed.wait(5)
        return None

    def _deliver(self, identifier: str) -> None:
        record = self.world.store.by_id.get(identifier)
        if record is None:
            return
        secrets = self.secrets
        if record["_account"] != PLATFORM and self.connect_secrets:
            secrets = self.connect_secrets
        status = self.post(record["_text"], secrets)
        with self.world.lock:
            record["attempts"] += 1
            record["last_status"] = status
            if status is not None and 200 <= status < 300:
                self._mark(record, "delivered")
            elif record["delivery"] == "waiting":
                self._retry(record)
            self.world.store.save(record)
            self.world.store.flush()

    def _retry(self, record: Obj) -> None:
        if time.time() - record["created"] > GIVE_UP_AFTER:
            self._mark(record, "given up")
        else:
            step = min(record["attempts"], len(RETRY_AFTER)) - 1
            self._put([record["id"]], RETRY_AFTER[step])

    def _mark(self, record: Obj, delivery: str) -> None:
        record["delivery"] = delivery
        self.world.store.save(record)

    def post(self, payload: str, secrets: list[str], *, timestamp: int | None = None) -> int | None:
        """Send one signed payload; the status, or None when nobody answered."""
        assert self.url is not None  # noqa: S101 -- nothing is queued without an endpoint
        parts = urlsplit(self.url)
        maker = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = maker(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, secrets, timestamp),
            "User-Agent": "Stripe/1.0 (double)",
        }
        try:
            connection.request("POST", parts.path or "/", payload.encode(), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
