from celery import shared_task

from . import operations


@shared_task
def decide_due(**_: object) -> None:
    """Decide what was left lying, and remind of what soon will be; beat runs this."""
    operations.decide_due()
    operations.remind_due()


@shared_task
def give_back_unused(**_: object) -> None:
    """Give labels back that no parcel came with; beat runs this."""
    operations.give_back_unused()
