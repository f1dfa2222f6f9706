import time

from celery import shared_task
from django.core.cache import cache

from . import operations, queries
from .models import ImportJob

PORTION = 100
SECONDS = 45
"""How long a task imports, portion after portion, before other sellers' files get their turn.

Each task checks the whole file again, so it should do much with it.
"""
REMEMBERED = 3600
"""Seconds for which it is known how far an import was."""


@shared_task
def run(*, job_id: int, **_: object) -> None:
    """Import what is left of a file, some of it a task. Run again after a crash, it goes on."""
    until = time.monotonic() + SECONDS
    for job in operations.portions(job_id=job_id, size=PORTION):
        if job.state == ImportJob.State.RUNNING and time.monotonic() >= until:
            run.delay(job_id=job_id)
            return


@shared_task
def continue_stalled(**_: object) -> None:
    """Start imports anew that are no further than when this last looked: their worker died, or
    the broker lost them. One that only waits for its turn is not harmed by a second start."""
    for job_id, place in queries.open_jobs().items():
        key = f"importing.seen.{job_id}"
        if cache.get(key) == place:
            run.delay(job_id=job_id)
        cache.set(key, place, REMEMBERED)


@shared_task
def delete_old_files(**_: object) -> None:
    """Delete uploaded files that nobody needs any more."""
    operations.delete_old_files()
