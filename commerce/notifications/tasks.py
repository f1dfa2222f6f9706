import structlog
from celery import shared_task

from . import operations, queries

log = structlog.get_logger(__name__)


@shared_task
def deliver(*, message_id: int, **_: object) -> None:
    operations.deliver(message_id=message_id)


@shared_task
def send_due(**_: object) -> None:
    """Find mails whose nudge was lost or whose retry is due; beat runs this often."""
    for message_id in queries.due_messages(limit=500):
        deliver.delay(message_id=message_id)


def nudge(*, key: str) -> None:
    """Tell the workers to look now. With the broker away the sweep finds the mail later."""
    message_id = queries.message_id(key=key)
    if message_id is None:
        return
    try:
        deliver.delay(message_id=message_id)
    except Exception as error:
        log.warning("mail.nudge_lost", message_id=message_id, error=repr(error))
