"""Publishing: the event and its deliveries commit with the change or not at all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from uuid import uuid4

import structlog
from django.db import connection, transaction

from commerce.kernel import actor
from commerce.kernel.confinement import unconfined
from commerce.kernel.sql import Planned, fetch

from .facts import Fact, subscribers_of
from .tasks import deliver_all

log = structlog.get_logger(__name__)

_RECORD = Planned("""
WITH event AS (
    INSERT INTO outbox_event (id, name, payload, actor, request_id)
    VALUES (%s, %s, %s::jsonb, %s, %s)
    RETURNING id
)
INSERT INTO outbox_delivery (event_id, subscriber, attempts, last_error)
SELECT event.id, heard.subscriber, 0, ''
FROM event, unnest(%s::text[]) WITH ORDINALITY AS heard (subscriber, place)
ORDER BY heard.place
RETURNING id
""")

_quiet: ContextVar[bool] = ContextVar("publish_quietly", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Publish without a nudge for every fact: the sweep delivers them, some hundred at a time.

    For bulk work, whose thousands of nudges would stand before a shopper's order.
    """
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@unconfined()
def publish(fact: Fact) -> None:
    """Record a fact in the open transaction. Raises RuntimeError when there is none."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{fact.name} must be published inside a transaction")
    rows = fetch(
        _RECORD,
        uuid4(),
        fact.name,
        json.dumps(asdict(fact)),
        actor.current(),
        actor.request(),
        subscribers_of(fact.name),
    )
    if rows and not _quiet.get():
        transaction.on_commit(lambda: _nudge([delivery_id for (delivery_id,) in rows]))


def _nudge(delivery_ids: list[int]) -> None:
    """Tell the workers to look now. With the broker away the sweep finds the rows later."""
    try:
        deliver_all.delay(delivery_ids=delivery_ids)
    except Exception as error:
        log.warning("outbox.nudge_lost", delivery_ids=delivery_ids, error=repr(error))
