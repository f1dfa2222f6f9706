"""Whole files: start, run, go on after an interruption."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F

from cms.media import receivers as media
from cms.media.tasks import make_missing
from cms.selling import operations as selling
from commerce.catalog import queries as catalog
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.kernel import actor, clock
from commerce.sellers import queries as sellers

from . import queries
from .applying import Target, apply
from .checking import check
from .indexing import Waiting, indexed_once
from .models import ImportedProduct, ImportJob, ImportProblem
from .pictures import PictureRefused, PictureSource, stored
from .reading import MAX_ROWS, FileRefused, read
from .types import Checked, Problem, ProductRows

log = structlog.get_logger(__name__)

TAX_CLASSES = ("standard", "reduced", "food", "books", "exempt")
INDEXED_TOGETHER = 50
Progress = Callable[[ImportJob], None]


class AlreadyRunning(Exception):
    """The same file is being imported for the same seller."""


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
    Raises AlreadyRunning when the same file is on its way.
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
        read(data)
    except FileRefused as refusal:
        job.state, job.refusal = ImportJob.State.REFUSED, str(refusal)
        job.save()
        return job
    try:
        with transaction.atomic():
            job.file.save(f"{job.digest[:16]}.csv", ContentFile(data), save=False)
            job.save()
    except IntegrityError as clash:
        raise AlreadyRunning(file_name) from clash
    return job


def import_file(
    *,
    path: Path,
    seller_id: int,
    dry_run: bool = False,
    ending: str = ImportJob.Ending.PUBLISH,
    images: Path | None = None,
    fetch_images: bool = False,
    on_progress: Progress | None = None,
) -> ImportJob:
    """Import a file from disk, going on where an interrupted import of it stopped.

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
    return run(
        job_id=job.pk,
        pictures=PictureSource(folder=folder, fetch=fetch_images),
        on_progress=on_progress,
    )


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
    job = ImportJob.objects.select_related("user").get(pk=job_id)
    if job.state not in (ImportJob.State.WAITING, ImportJob.State.RUNNING):
        return job
    source = pictures or PictureSource(fetch=job.fetch_images, library=True)
    with job.file.open("rb") as file:
        data = file.read()
    who = f"user:{job.user_id}" if job.user_id else "import"
    with actor.acting_as(who), media.left_for_later():
        try:
            checked = _checked(job, data)
        except FileRefused as refusal:
            return _refuse(job, str(refusal))
        if job.state == ImportJob.State.WAITING:
            _begin(job, checked, source)
        _work(job, checked, source, on_progress, at_most)
    if job.state == ImportJob.State.DONE and not job.dry_run:
        _make_pictures()
    return job


def _checked(job: ImportJob, data: bytes) -> Checked:
    sheet = read(data, max_rows=MAX_ROWS if job.user_id else None)
    skus = {row.get("Variant SKU") for row in sheet.rows} - {""}
    return check(
        sheet,
        categories={path: page.pk for path, page in queries.category_pages().items()},
        tax_classes=TAX_CLASSES,
        foreign_skus=queries.owners_of_skus(seller_id=job.seller_id, skus=skus),
        currency=settings.BASE_CURRENCY,
    )


@transaction.atomic
def _begin(job: ImportJob, checked: Checked, source: PictureSource) -> None:
    """Write down everything that was found by looking at the file alone."""
    problems = list(checked.problems)
    if job.dry_run:
        problems += _missing_pictures(job, checked, source)
    _record(job, problems)
    job.total = len(checked.products) + len(checked.failed)
    job.failed = len(checked.failed)
    job.state, job.started_at = ImportJob.State.RUNNING, clock.now()
    job.save(update_fields=["total", "failed", "state", "started_at"])


def _missing_pictures(job: ImportJob, checked: Checked, source: PictureSource) -> list[Problem]:
    """Return pictures that an import would not find, as far as one can tell without fetching."""
    collection_id = selling.open_workspace(seller_id=job.seller_id).collection_id
    rows = [(product, picture) for product in checked.products for picture in product.pictures]
    known = stored(
        sources=[picture.source for _, picture in rows],
        seller_id=job.seller_id,
        collection_id=collection_id,
        library=source.library,
    )
    problems = []
    for product, picture in rows:
        if picture.source in known:
            continue
        try:
            source.check(picture.source)
        except PictureRefused as refusal:
            problems.append(
                Problem(
                    row=picture.row, column="Image Src", handle=product.handle,
                    message=str(refusal), stops=False,
                )
            )  # fmt: skip
    return problems


def _work(
    job: ImportJob,
    checked: Checked,
    source: PictureSource,
    on_progress: Progress | None,
    at_most: int | None,
) -> None:
    handles = [product.handle for product in checked.products]
    known = catalog.product_ids_by_handle(seller_id=job.seller_id, handles=handles)
    seen = queries.digests(product_ids=known.values())
    end = len(checked.products)
    stop = end if at_most is None else min(end, job.next_product + at_most)
    with ThreadPoolExecutor(max_workers=2) as encoder, indexed_once() as waiting:
        target = None if job.dry_run else _target(job, source, encoder, waiting)
        for index in range(job.next_product, stop):
            product = checked.products[index]
            product_id = known.get(product.handle)
            unchanged = product_id is not None and seen.get(product_id) == product.digest
            if not _one(job, index, product, product_id, target, unchanged):
                return
            if job.next_product % INDEXED_TOGETHER == 0:
                waiting.flush()
            if on_progress is not None:
                on_progress(job)
    if stop == end:
        job.state, job.finished_at = ImportJob.State.DONE, clock.now()
        job.save(update_fields=["state", "finished_at"])


def _one(
    job: ImportJob,
    index: int,
    product: ProductRows,
    product_id: int | None,
    target: Target | None,
    unchanged: bool,
) -> bool:
    """Import one product and count it, or neither; False when another worker took it."""
    outcome = "unchanged" if unchanged else "updated" if product_id else "created"
    try:
        with transaction.atomic():
            if not _take(job, index, outcome):
                return False
            if target is not None and not unchanged:
                applied = apply(product, target=target, product_id=product_id)
                _record(job, applied.problems)
                ImportedProduct.objects.update_or_create(
                    product_id=applied.product_id, defaults={"digest": product.digest}
                )
    except Exception as error:
        # One product that cannot be written must not cost the hundreds after it.
        log.exception("importing.product_failed", job_id=job.pk, handle=product.handle)
        outcome = "failed"
        with transaction.atomic():
            if not _take(job, index, outcome):
                return False
            _record(job, [_unexpected(product, error)])
    setattr(job, outcome, getattr(job, outcome) + 1)
    job.next_product = index + 1
    return True


def _take(job: ImportJob, index: int, outcome: str) -> bool:
    rows = ImportJob.objects.filter(pk=job.pk, next_product=index)
    return bool(rows.update(next_product=index + 1, **{outcome: F(outcome) + 1}))


def _unexpected(product: ProductRows, error: Exception) -> Problem:
    return Problem(
        row=product.row,
        handle=product.handle,
        message=f"The product could not be saved ({error}). Nothing of it was changed."
        " Import the file again; if it fails again, tell us.",
    )


def _record(job: ImportJob, problems: list[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                job=job,
                row=problem.row,
                column=problem.column[:120],
                handle=problem.handle[:120],
                message=problem.message,
                stops_product=problem.stops,
            )
            for problem in problems
        ]
    )


def _target(job: ImportJob, source: PictureSource, encoder: Executor, waiting: Waiting) -> Target:
    workspace = selling.open_workspace(seller_id=job.seller_id)
    places = stock.locations_of(seller_id=job.seller_id)
    seller = sellers.sellers(seller_ids=[job.seller_id])[job.seller_id]
    location_id = (
        places[0].id
        if places
        else inventory.ensure_location(seller_id=job.seller_id, name="Main", country=seller.country)
    )
    return Target(
        seller_id=job.seller_id,
        page=workspace.page,
        collection_id=workspace.collection_id,
        location_id=location_id,
        categories={page.pk: page for page in queries.category_pages().values()},
        currency=settings.BASE_CURRENCY,
        pictures=source,
        ending=job.ending,
        encoder=encoder,
        index=waiting.search_for,
        user=job.user,
    )


def _refuse(job: ImportJob, reason: str) -> ImportJob:
    job.state, job.refusal, job.finished_at = ImportJob.State.REFUSED, reason, clock.now()
    job.save(update_fields=["state", "refusal", "finished_at"])
    return job


def _make_pictures() -> None:
    try:
        make_missing.delay()
    except Exception as error:
        log.warning("importing.renditions_not_scheduled", error=repr(error))
