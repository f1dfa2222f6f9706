"""What clients sent and what they were answered, written by them and by nobody else."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Story:
    """One buyer's own memory of one cart."""

    number: int
    email: str
    wants: dict[int, int]
    persona: str = "plain"
    total_minor: int = 0
    pages: list[str] = field(default_factory=list)
    """Payment pages this buyer was led to."""
    paid_pages: list[str] = field(default_factory=list)
    """Those on which the provider took the money."""
    tokens: list[str] = field(default_factory=list)
    ending: str = "began"
    places: int = 0
    """How often the order was submitted."""


class Witness:
    """A file of requests and answers. Nothing in it comes from the shop's own books."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stories: list[Story] = []
        self.times: dict[str, list[float]] = {}
        self.outcomes: Counter[str] = Counter()
        self.successes: list[float] = []
        self._file = path.open("w")
        self._lock = threading.Lock()

    def begin(self, story: Story) -> Story:
        with self._lock:
            self.stories.append(story)
        self.note(story.number, began=story.email, wants=story.wants, persona=story.persona)
        return story

    def note(self, buyer: int, **values: Any) -> None:
        line = json.dumps({"at": round(time.time(), 4), "buyer": buyer, **values})
        with self._lock:
            self._file.write(line + "\n")

    def answered(self, buyer: int, step: str, status: int, seconds: float, **more: Any) -> None:
        self.note(buyer, step=step, status=status, ms=round(seconds * 1000, 1), **more)
        with self._lock:
            good = status < 500
            self.outcomes["answered" if good else "failed"] += 1
            if good:
                self.times.setdefault(step, []).append(seconds)
                self.successes.append(time.monotonic())

    def failed(self, buyer: int, step: str, problem: str, seconds: float) -> None:
        self.note(buyer, step=step, problem=problem, ms=round(seconds * 1000, 1))
        with self._lock:
            self.outcomes["timed out" if "timed out" in problem else "failed"] += 1

    def close(self) -> None:
        for story in self.stories:
            self.note(story.number, ending=story.ending, paid=story.paid_pages)
        self._file.close()

    def percentile(self, share: float, step: str = "") -> float:
        """Milliseconds that this share of requests needed at most, of one step or of all."""
        if step:
            times = sorted(self.times.get(step, []))
        else:
            times = sorted(t for each in self.times.values() for t in each)
        return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1) if times else 0
