import time

import structlog
from celery import shared_task

from . import operations, queries

log = structlog.get_logger(__name__)

BULK_SECONDS = 20
"""How long mails that leave in crowds are sent before others of their queue get their turn."""


@shared_task
def deliver(*, message_id: int, **_: object) -> None:
    operations.deliver(message_id=message_id)


@shared_task
def send_due(**_: object) -> None:
    """Find mails whose nudge was lost or whose retry is due; beat runs this often."""
    for message_id in queries.due_messages(limit=500, but=operations.BULK):
        deliver.delay(message_id=message_id)


@shared_task
def send_bulk(**_: object) -> None:
    """Send what leaves in crowds, one mail after the other; beat runs this often.

    On a queue of its own: no order's mail stands behind a hundred thousand others. With
    the mail server away the first mail that fails ends it, so that the others keep their tries.
    """
    until = time.monotonic() + BULK_SECONDS
    while due := queries.due_messages(limit=100, kinds=operations.BULK):
        for message_id in due:
            if time.monotonic() > until or not operations.deliver(message_id=message_id):
                return


def nudge(*, key: str) -> None:
    """Tell the workers to look now. With the broker away the sweep finds the mail later."""
    message_id = queries.message_id(key=key)
    if message_id is None:
        return
    try:
        deliver.delay(message_id=message_id)
    except Exception as error:
        log.warning("mail.nudge_lost", message_id=message_id, error=repr(error))
