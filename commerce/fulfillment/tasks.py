from celery import shared_task

from . import operations


@shared_task
def settle_labels(**_: object) -> None:
    """Finish labels whose purchase or return was interrupted; beat runs this."""
    operations.settle_labels()


@shared_task
def poll_parcels(**_: object) -> None:
    """Ask carriers about parcels of which no notice came; beat runs this."""
    operations.poll_parcels()


@shared_task
def settle_ended(**_: object) -> None:
    """End parts whose last parcel was given up and replaced; beat runs this."""
    operations.settle_ended()


@shared_task
def forget_old_rates(**_: object) -> None:
    """Drop carriers' prices that are too old to be offered; beat runs this."""
    operations.forget_old_rates()
