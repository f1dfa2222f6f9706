"""A fuse between us and a provider that is away: after a few failures nobody waits any more."""

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Counts failures in a row. Open, it lets one trial through after each pause.

    The state is this process's own: it needs no cache to work while things are
    failing, and every process learns within a few calls.
    """

    def __init__(
        self, *, threshold: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threshold = threshold
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the last calls all failed; a trial may be allowed all the same."""
        return self._failures >= self._threshold

    def allows(self) -> bool:
        """Whether a call may be made now; counts as the trial when the pause is over."""
        with self._lock:
            if self._failures < self._threshold:
                return True
            now = self._clock()
            if now < self._closed_until:
                return False
            self._closed_until = now + self._pause
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= self._threshold:
                self._closed_until = self._clock() + self._pause
