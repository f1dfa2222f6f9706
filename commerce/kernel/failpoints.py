"""Named places where a test build may be ordered to die, raise or wait.

`STOA_FAILPOINTS` holds the orders, such as
`after_hold=die,before_provider=wait:0.3,inside_finalise=raise@2`; `@2` means at the
second passing only. Production settings refuse to start with it.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass

VARIABLE = "STOA_FAILPOINTS"
_ACTIONS = ("die", "raise", "wait")


class OrderedToFail(RuntimeError):
    """A failpoint was told to raise."""


@dataclass
class _Order:
    action: str
    seconds: float
    only_at: int
    passed: int = 0


_orders: dict[str, _Order] = {}
_lock = threading.Lock()


def failpoint(name: str) -> None:
    """Do here what was ordered for this place; mostly nothing."""
    if _orders:
        _obey(name)


def arm(text: str) -> None:
    """Replace all orders. Raises ValueError for one that cannot be read."""
    fresh = dict(_read(order) for order in text.split(",") if order.strip())
    with _lock:
        _orders.clear()
        _orders.update(fresh)


def _read(text: str) -> tuple[str, _Order]:
    name, _, what = text.strip().partition("=")
    what, _, only_at = what.partition("@")
    action, _, seconds = what.partition(":")
    if not name or action not in _ACTIONS:
        raise ValueError(f"{text!r} is not like after_hold=die, =raise or =wait:0.5, with @2")
    return name, _Order(action=action, seconds=float(seconds or 1), only_at=int(only_at or 0))


def _obey(name: str) -> None:
    with _lock:
        order = _orders.get(name)
        if order is None:
            return
        order.passed += 1
        if order.only_at and order.passed != order.only_at:
            return
    if order.action == "wait":
        time.sleep(order.seconds)
    elif order.action == "raise":
        raise OrderedToFail(name)
    else:
        os.write(2, f"failpoint {name}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get(VARIABLE, ""))
