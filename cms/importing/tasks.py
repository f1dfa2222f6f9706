from celery import shared_task

from . import operations


@shared_task
def run(*, job_id: int, **_: object) -> None:
    """Import what is left of a file. Delivered again after a crash, it goes on."""
    operations.run(job_id=job_id)
