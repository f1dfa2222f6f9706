"""Whole files: start, run, go on after an interruption."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction

from cms.media import receivers as media
from cms.media.tasks import make_missing
from commerce.kernel import actor, clock
from commerce.outbox import bus

from . import queries, running
from .models import ImportJob
from .pictures import PictureSource
from .reading import FileRefused, read
from .running import Progress

log = structlog.get_logger(__name__)


MOST_OPEN = 3
"""Imports that a seller may have under way at once."""
FILES_KEPT = timedelta(days=30)


class AlreadyRunning(Exception):
    """The same file is being imported for the same seller."""


class TooManyOpen(Exception):
    """The seller has as many imports under way as it may have."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_OPEN} imports are under way. Wait until one of them is done, then try again."
        )


def start(
    *,
    seller_id: int,
    data: bytes,
    file_name: str,
    user: Any = None,
    dry_run: bool = False,
    ending: str = ImportJob.Ending.DRAFT,
    fetch_images: bool = False,
) -> ImportJob:
    """Take a file in and return its job; `run` does the work.

    A file that cannot be read as a table is kept as a refused job that says why.
    Raises AlreadyRunning when the same file is on its way, and TooManyOpen.
    """
    job = ImportJob(
        seller_id=seller_id,
        user=user,
        file_name=file_name[:200],
        digest=hashlib.sha256(data).hexdigest(),
        dry_run=dry_run,
        ending=ending,
        fetch_images=fetch_images,
    )
    try:
        read(data, max_rows=running.most_rows(user))
    except FileRefused as refusal:
        job.state, job.refusal = ImportJob.State.REFUSED, str(refusal)
        job.save()
        return job
    try:
        with transaction.atomic():
            if user is not None:
                _find_room(seller_id)
            job.file.save(f"{job.digest[:16]}.csv", ContentFile(data), save=False)
            job.save()
    except IntegrityError as clash:
        raise AlreadyRunning(file_name) from clash
    return job


def _find_room(seller_id: int) -> None:
    """Count what is under way, one upload of a seller after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('imports'), %s::int)", [seller_id])
    open_jobs = ImportJob.objects.filter(
        seller_id=seller_id, state__in=(ImportJob.State.WAITING, ImportJob.State.RUNNING)
    )
    if open_jobs.count() >= MOST_OPEN:
        raise TooManyOpen


def delete_old_files() -> int:
    """Delete the files of imports that ended and are 30 days old; returns how many.

    What was imported, and what was wrong, stays on record. Repeating it finds nothing.
    """
    ended = ImportJob.objects.exclude(
        state__in=(ImportJob.State.WAITING, ImportJob.State.RUNNING)
    ).filter(created_at__lt=clock.now() - FILES_KEPT)
    count = 0
    for job in ended.exclude(file="").order_by("pk")[:1000]:
        job.file.delete(save=False)
        ImportJob.objects.filter(pk=job.pk).update(file="")
        count += 1
    return count


def import_file(
    *, path: Path, seller_id: int, on_progress: Progress | None = None, **options: Any
) -> ImportJob:
    """Import a file from disk, going on where an interrupted import of it stopped.

    Options are those of `take_up`, which says what is raised.
    """
    job, pictures = take_up(path=path, seller_id=seller_id, **options)
    return run(job_id=job.pk, pictures=pictures, on_progress=on_progress)


def take_up(
    *,
    path: Path,
    seller_id: int,
    dry_run: bool = False,
    ending: str = ImportJob.Ending.PUBLISH,
    images: Path | None = None,
    fetch_images: bool = False,
) -> tuple[ImportJob, PictureSource]:
    """Return the job of a file from disk, a new one or the one that was interrupted.

    Pictures are looked for in `images`, else in the folder `images` beside the file.
    Raises OSError when there is no such file.
    """
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    job = queries.open_job(seller_id=seller_id, digest=digest, dry_run=dry_run)
    if job is None:
        job = start(
            seller_id=seller_id,
            data=data,
            file_name=path.name,
            dry_run=dry_run,
            ending=ending,
            fetch_images=fetch_images,
        )
    beside = path.parent / "images"
    folder = images or (beside if beside.is_dir() else None)
    return job, PictureSource(folder=folder, fetch=fetch_images)


def run(
    *,
    job_id: int,
    pictures: PictureSource | None = None,
    on_progress: Progress | None = None,
    at_most: int | None = None,
) -> ImportJob:
    """Do what is left of a job, one product a transaction, or `at_most` products of it.

    Safe to run again, also at the same time: every product is taken once.
    """
    steps = portions(job_id=job_id, size=at_most, pictures=pictures, on_progress=on_progress)
    return next(steps)


def portions(
    *,
    job_id: int,
    size: int | None,
    pictures: PictureSource | None = None,
    on_progress: Progress | None = None,
) -> Iterator[ImportJob]:
    """Do what is left of a job in portions, and yield the job after each; see `run`."""
    job = ImportJob.objects.select_related("user").get(pk=job_id)
    if not job.is_open:
        yield job
        return
    source = pictures or PictureSource(fetch=job.fetch_images, library=True)
    with job.file.open("rb") as file:
        data = file.read()
    who = f"user:{job.user_id}" if job.user_id else "import"
    try:
        checked = running.checked_file(job, data)
    except FileRefused as refusal:
        yield _refuse(job, str(refusal))
        return
    resumed = job.state == ImportJob.State.RUNNING
    if not resumed:
        running.begin(job, checked, source)
    is_ours = True
    while is_ours and job.is_open:
        with actor.acting_as(who), media.left_for_later(), bus.quietly():
            is_ours = running.work(job, checked, source, on_progress, size, resumed=resumed)
        resumed = False
        if job.state == ImportJob.State.DONE and not job.dry_run:
            _make_pictures()
        yield job


def _refuse(job: ImportJob, reason: str) -> ImportJob:
    job.state, job.refusal, job.finished_at = ImportJob.State.REFUSED, reason, clock.now()
    job.save(update_fields=["state", "refusal", "finished_at"])
    return job


def _make_pictures() -> None:
    try:
        make_missing.delay()
    except Exception as error:
        log.warning("importing.renditions_not_scheduled", error=repr(error))
