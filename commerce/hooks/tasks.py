"""Beat's door into hooks; it acts as the system."""

from celery import shared_task

from . import operations


@shared_task
def send_due(**_: object) -> None:
    """Send notices whose time has come; runs every five seconds."""
    operations.send_due()
