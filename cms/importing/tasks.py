import time

from celery import shared_task

from . import operations
from .models import ImportJob

PORTION = 100
SECONDS = 45
"""How long a task imports, portion after portion, before other sellers' files get their turn.

Each task checks the whole file again, so it should do much with it.
"""


@shared_task
def run(*, job_id: int, **_: object) -> None:
    """Import what is left of a file, some of it a task. Run again after a crash, it goes on."""
    until = time.monotonic() + SECONDS
    for job in operations.portions(job_id=job_id, size=PORTION):
        if job.state == ImportJob.State.RUNNING and time.monotonic() >= until:
            run.delay(job_id=job_id)
            return


@shared_task
def delete_old_files(**_: object) -> None:
    """Delete uploaded files that nobody needs any more."""
    operations.delete_old_files()
