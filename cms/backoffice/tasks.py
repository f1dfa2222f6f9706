from celery import shared_task

from . import alarms


@shared_task
def ring(**_: object) -> None:
    """Tell staff what failed for good; beat runs this every two minutes."""
    alarms.ring()
