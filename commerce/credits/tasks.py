from celery import shared_task

from . import operations


@shared_task
def expire(**_: object) -> None:
    """Book what was not used in time; beat runs this."""
    operations.expire()
