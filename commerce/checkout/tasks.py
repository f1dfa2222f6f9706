from celery import shared_task

from commerce.payments import operations as payments

from . import operations


@shared_task
def sweep(**_: object) -> None:
    """Finish open checkouts and act on notices that were left behind; beat runs this."""
    payments.work_off_events()
    operations.sweep()
