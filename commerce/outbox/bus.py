"""Publishing: the event and its deliveries commit with the change or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict

import structlog
from django.db import connection, transaction

from commerce.kernel import actor

from .facts import Fact, subscribers_of
from .models import Delivery, Event
from .tasks import deliver

log = structlog.get_logger(__name__)

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


def publish(fact: Fact) -> None:
    """Record a fact in the open transaction. Raises RuntimeError when there is none."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{fact.name} must be published inside a transaction")
    context = structlog.contextvars.get_contextvars()
    event = Event.objects.create(
        name=fact.name,
        payload=asdict(fact),
        actor=actor.current(),
        request_id=str(context.get("request_id", ""))[:64],
    )
    names = subscribers_of(fact.name)
    if not names:
        return
    deliveries = Delivery.objects.bulk_create(
        [Delivery(event=event, subscriber=name) for name in names]
    )
    ids = [delivery.pk for delivery in deliveries]
    if not _quiet.get():
        transaction.on_commit(lambda: _nudge(ids))


def _nudge(delivery_ids: list[int]) -> None:
    """Tell the workers to look now. With the broker away the sweep finds the rows later."""
    for delivery_id in delivery_ids:
        try:
            deliver.delay(delivery_id=delivery_id)
        except Exception as error:
            log.warning("outbox.nudge_lost", delivery_id=delivery_id, error=repr(error))
            return
