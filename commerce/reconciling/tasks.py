from celery import shared_task

from . import operations


@shared_task
def reconcile(**_: object) -> None:
    """Compare orders, ledger and provider; beat runs this every night."""
    operations.reconcile()
