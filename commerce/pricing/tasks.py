from celery import shared_task

from . import operations


@shared_task
def announce_switched(**_: object) -> None:
    """Let listings follow lists that began or ended; beat runs this every minute."""
    operations.announce_switched()
