from celery import shared_task

from . import operations


@shared_task
def send_due(**_: object) -> None:
    """Have the codes mailed whose day has come; beat runs this."""
    operations.send_due()
