from celery import shared_task

from . import operations


@shared_task
def follow_currencies(**_: object) -> None:
    """Make the cards of currencies that were added, and drop those that are gone; beat runs it."""
    operations.follow_currencies()
