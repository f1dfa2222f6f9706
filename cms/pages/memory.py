"""What changes only when an editor changes it, remembered in each process.

A word in the shared cache names the present generation of content. A process looks
at it once a second at most, and forgets everything when it changed, or after ten
minutes in any case. Without the cache every look begins a new generation: slower,
never stale for long.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

GENERATION = "pages.generation"
LONGEST = 600
"""Seconds after which everything is read again, whatever was missed."""
T = TypeVar("T")


class Generation:
    """Which generation of content this process knows."""

    def __init__(self) -> None:
        self.name = ""
        self._asked_at = 0.0

    def present(self) -> str:
        """Return the present generation, as of the last second."""
        now = time.monotonic()
        if self.name and now - self._asked_at < settings.CONTENT_CHECK_SECONDS:
            return self.name
        known = cache.get(GENERATION)
        if known is None:
            known = uuid4().hex
            cache.set(GENERATION, known, None)
        self.name, self._asked_at = f"{known} {time.time() // LONGEST}", now
        return self.name

    def begin_anew(self) -> None:
        cache.set(GENERATION, uuid4().hex, None)
        self._asked_at = 0.0


generation = Generation()


class Room:
    """Values by key, as many as fit; the ones not used for longest go first.

    They are shared between threads: nobody may change them. A lasting room does not
    follow generations: there, whatever a value depends on must be in its key.
    """

    def __init__(self, *, most: int, lasting: bool = False) -> None:
        self._most = most
        self._lasting = lasting
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._generation = ""

    def recall(self, key: Hashable, load: Callable[[], T]) -> T:
        """Return what `load` returned for this key, since content last changed.

        Nothing is not remembered: anybody can ask for what does not exist.
        """
        present = "" if self._lasting else generation.present()
        with self._lock:
            if present != self._generation:
                self._values.clear()
                self._generation = present
            if key in self._values:
                self._values.move_to_end(key)
                return cast("T", self._values[key])
        value = load()
        with self._lock:
            # What was loaded while content changed may be of before.
            if value is not None and present == self._generation:
                self._values[key] = value
                if len(self._values) > self._most:
                    self._values.popitem(last=False)
        return value


content = Room(most=1_000)
products = Room(most=800)
markup = Room(most=4_000, lasting=True)
"""Pieces of markup by everything that they show."""
components = Room(most=3_000, lasting=True)
"""Small pieces by where they stand and what they are given."""
bulky = Room(most=100, lasting=True)
"""The same for pieces of up to 200 kB, of which anybody can ask for thousands."""
recall = content.recall


def forget(**_: object) -> None:
    """Begin a new generation: here at once, everywhere when the transaction commits."""
    generation.begin_anew()
    transaction.on_commit(generation.begin_anew)
