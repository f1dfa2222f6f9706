"""Programmable faults: what goes wrong, for which requests, how often."""

import threading
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

KINDS = (
    "latency",  # wait, then answer normally
    "timeout_before",  # no effect, no answer
    "timeout_after",  # the effect happens, the answer is lost
    "reset",  # no effect, the connection is closed at once
    "500_before",  # no effect, not stored under the key
    "500_stored",  # no effect, and every retry with the key gets the 500 again
    "500_after",  # the effect happens, a 500 is answered and stored under the key
    "429",
)
OUTAGES = ("refuse", "503", "hang")


@dataclass
class Fault:
    kind: str
    method: str = "*"
    path: str = "/v1/*"
    times: int | None = 1  # None: until cleared
    skip: int = 0  # let so many matching requests pass first
    seconds: float = 0.0  # of latency, or until a hanging connection is closed
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault named {self.kind}; there are {', '.join(KINDS)}")
        if not self.seconds:
            self.seconds = 0.5 if self.kind == "latency" else 60.0

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rules: list[Fault] = []
        self.outage: str | None = None

    def add(self, values: dict[str, Any]) -> Fault:
        try:
            fault = Fault(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error
        with self._lock:
            self.rules.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.rules.clear()
            self.outage = None

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault due for this request; it counts as used."""
        if not self.rules:
            return None
        with self._lock:
            for fault in self.rules:
                if not fault.matches(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.times is None or fault.hits < fault.times:
                    fault.hits += 1
                    return fault
        return None

    def describe(self) -> dict[str, Any]:
        with self._lock:
            return {"outage": self.outage, "faults": [asdict(fault) for fault in self.rules]}
