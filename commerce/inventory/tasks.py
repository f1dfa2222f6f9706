"""Beat's doors into inventory; they act as the system."""

from celery import shared_task

from . import operations


@shared_task
def release_lapsed(**_: object) -> None:
    """End holds past their deadline; runs every minute."""
    operations.release_lapsed()
