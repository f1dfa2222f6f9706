import structlog
from celery import shared_task

from . import operations, queries

log = structlog.get_logger(__name__)

PATIENCE = 120
"""Seconds after which whoever hangs over a fact is ended, so that the worker has others' turns.
The fact runs out of tries then, as one that always fails."""


@shared_task(time_limit=PATIENCE)
def deliver(*, delivery_id: int, **_: object) -> None:
    """Try again what the sweep found: the first attempt failed, or its nudge was lost."""
    operations.deliver(delivery_id=delivery_id, again=True)


@shared_task(time_limit=3 * PATIENCE)
def deliver_all(*, delivery_ids: list[int], **_: object) -> None:
    """Deliver one fact to its subscribers in turn; who fails holds up nobody."""
    for delivery_id in delivery_ids:
        try:
            operations.deliver(delivery_id=delivery_id)
        except Exception:
            log.exception("outbox.delivery_failed", delivery_id=delivery_id)


@shared_task
def sweep(**_: object) -> None:
    """Find what a lost nudge left behind; beat runs this every few seconds."""
    for delivery_id in queries.due_deliveries(limit=500):
        deliver.delay(delivery_id=delivery_id)
