"""Beat's doors into carts; they act as the system."""

from celery import shared_task

from . import operations


@shared_task
def expire(**_: object) -> None:
    """End guest carts after thirty days; runs every hour."""
    operations.expire()
