"""Beat's doors into inventory; they act as the system."""

from celery import shared_task

from . import operations


@shared_task
def release_lapsed(**_: object) -> None:
    """End holds past their deadline; runs every minute."""
    operations.release_lapsed(batches=30)


@shared_task
def clear_ended(**_: object) -> None:
    """Delete ended holds that nothing asks for any more; runs every hour."""
    operations.clear_ended()


@shared_task
def find_low(**_: object) -> None:
    """Tell sellers what runs low; runs every minute."""
    operations.find_low()


@shared_task
def end_due(**_: object) -> None:
    """Sell nothing ahead whose day has come; runs every hour."""
    operations.end_due()


@shared_task
def tell_due_counts(**_: object) -> None:
    """Prepare the counts whose day has come and tell the sellers; runs every hour."""
    operations.tell_due_counts()
