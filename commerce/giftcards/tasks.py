from celery import shared_task

from . import operations


@shared_task
def send_due(**_: object) -> None:
    """Have the codes mailed whose day has come; beat runs this."""
    operations.send_due()


@shared_task
def heed_blocked(**_: object) -> None:
    """Decide about cards given back elsewhere whose orders are settled; beat runs this."""
    operations.heed_blocked()
