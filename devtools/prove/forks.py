"""The nursery's other end: orders go in, answers and deaths come out."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from devtools.embedded.places import CHECKOUT
from devtools.prove import ground as grounds
from devtools.prove.ground import TEMPLATE, Ground

ENDING = threading.Event()
"""Set when the run is asked to stop: buyers go home."""


class RigBroken(RuntimeError):
    """The rig itself does not work, so nothing is proven either way."""


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
