from celery import shared_task

from . import operations


@shared_task
def decide_due(**_: object) -> None:
    """Decide what sellers left unanswered; beat runs this."""
    operations.decide_due()
