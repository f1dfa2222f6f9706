"""Beat's door into hooks; it acts as the system."""

from celery import shared_task

from . import operations

STALE = 30
"""Seconds after which a turn that no worker took is dropped: it is given again."""


@shared_task
def send_due(**_: object) -> None:
    """Give each address its turn, all of them apart; runs every five seconds."""
    for endpoint_id in operations.waiting_endpoints():
        send_to.apply_async(kwargs={"endpoint_id": endpoint_id}, expires=STALE)


@shared_task
def send_to(*, endpoint_id: int, **_: object) -> None:
    """Send one address what is due."""
    operations.send_to(endpoint_id=endpoint_id)
