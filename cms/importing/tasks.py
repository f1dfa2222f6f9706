from celery import shared_task

from . import operations
from .models import ImportJob

PORTION = 100
"""Products a task imports before other sellers' files get their turn."""


@shared_task
def run(*, job_id: int, **_: object) -> None:
    """Import what is left of a file, a portion a task. Run again after a crash, it goes on."""
    job = operations.run(job_id=job_id, at_most=PORTION)
    if job.state == ImportJob.State.RUNNING:
        run.delay(job_id=job_id)
