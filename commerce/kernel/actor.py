"""Who acts: told to the database, which writes it into every event."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_actor: ContextVar[str] = ContextVar("actor", default="system")


def current() -> str:
    """Return the actor, such as "user:7", "system" or "stripe"."""
    return _actor.get()


def become(name: str) -> None:
    """Set the actor for the rest of this request or task."""
    _actor.set(name)


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Set the actor for a block."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)
