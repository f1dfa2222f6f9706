from celery import shared_task

from . import operations, queries


@shared_task
def deliver(*, delivery_id: int, **_: object) -> None:
    operations.deliver(delivery_id=delivery_id)


@shared_task
def sweep(**_: object) -> None:
    """Find what a lost nudge left behind; beat runs this every few seconds."""
    for delivery_id in queries.due_deliveries(limit=500):
        deliver.delay(delivery_id=delivery_id)
