"""What changes only when an editor changes it, remembered in each process.

A word in the shared cache names the present generation of content. A process looks
at it once a second at most, and forgets everything when it changed. Without the
cache every look begins a new generation: slower, never stale for long.
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
MOST = 2_000
"""Entries that a process keeps; the ones not used for longest go first."""

T = TypeVar("T")
_lock = threading.Lock()
_values: OrderedDict[Hashable, Any] = OrderedDict()
_generation = ""
_asked_at = 0.0


def recall(key: Hashable, load: Callable[[], T]) -> T:
    """Return what `load` returned for this key since content last changed.

    The value is shared between threads: nobody may change it.
    """
    generation = _present()
    with _lock:
        if key in _values:
            _values.move_to_end(key)
            return cast("T", _values[key])
    value = load()
    with _lock:
        # What was loaded while content changed may be of before.
        if generation == _generation:
            _values[key] = value
            while len(_values) > MOST:
                _values.popitem(last=False)
    return value


def forget(**_: object) -> None:
    """Begin a new generation: here at once, everywhere when the transaction commits."""
    _begin_anew()
    transaction.on_commit(_begin_anew)


def _begin_anew() -> None:
    global _asked_at
    cache.set(GENERATION, uuid4().hex, None)
    _asked_at = 0.0


def _present() -> str:
    global _generation, _asked_at
    now = time.monotonic()
    if now - _asked_at < settings.CONTENT_CHECK_SECONDS and _generation:
        return _generation
    known = cache.get(GENERATION)
    if known is None:
        known = uuid4().hex
        cache.set(GENERATION, known, None)
    with _lock:
        if known != _generation:
            _values.clear()
            _generation = known
        _asked_at = now
    return cast("str", known)
