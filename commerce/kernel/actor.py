"""Who acts: told to the database, which writes it into every event."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from django.db import connection

_actor: ContextVar[str] = ContextVar("actor", default="system")


def current() -> str:
    """Return the actor, such as "user:7", "system" or "stripe"."""
    return _actor.get()


def request() -> str:
    """Return what ties together all that one request or job did, or nothing."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]


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


def tell_database(*, cause: str = "", kind: str = "", reference: str = "") -> None:
    """Tell the open transaction who acts and why; triggers write both into history.

    `kind` and `reference` say the same of movements of stock. The settings end with
    the transaction. Outside of one they would be lost at once, so there it raises
    RuntimeError.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the actor must be told inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('stoa.actor', %s, true), set_config('stoa.cause', %s, true),"
            " set_config('stoa.request', %s, true),"
            " set_config('stoa.kind', %s, true), set_config('stoa.reference', %s, true)",
            [current()[:80], cause[:80], request(), kind, reference[:64]],
        )
