from celery import shared_task

from . import operations


@shared_task
def announce_switched(**_: object) -> None:
    """Let listings follow lists that began or ended; beat runs this every minute."""
    operations.announce_switched()


@shared_task
def follow_vat_ids(**_: object) -> None:
    """Ask the register again about VAT numbers it gave no answer about; beat runs this."""
    operations.follow_vat_ids()
