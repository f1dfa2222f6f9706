from celery import shared_task

from . import operations


@shared_task
def seal(**_: object) -> None:
    """Seal the days that have ended; beat runs this every hour."""
    operations.seal()
