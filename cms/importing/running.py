"""The work of an import: one product a transaction, each taken once."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from cms.media.models import ShopImage
from cms.pages.models import ProductImage, ProductPage
from cms.selling import operations as selling
from commerce.catalog import queries as catalog
from commerce.catalog.types import TAX_CLASSES
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.kernel import clock, currencies
from commerce.kernel.failpoints import failpoint
from commerce.sellers import queries as sellers

from . import queries
from .applying import apply
from .checking import check
from .indexing import Waiting, indexed_once
from .models import ImportedProduct, ImportJob, ImportProblem
from .pictures import PictureRefused, PictureSource, stored
from .reading import MAX_ROWS, read
from .target import Target
from .types import Checked, Problem, ProductRows

log = structlog.get_logger(__name__)

PERMISSION = "importing.add_importjob"
"""Of staff, who import for every seller and publish what they import."""
INDEXED_TOGETHER = 50
Progress = Callable[[ImportJob], None]


def most_rows(user: Any) -> int | None:
    """Limit files that came through the screen; the command is for larger ones."""
    return MAX_ROWS if user else None


def checked_file(job: ImportJob, data: bytes) -> Checked:
    sheet = read(data, max_rows=most_rows(job.user_id))
    skus = {row.get("Variant SKU") for row in sheet.rows} - {""}
    return check(
        sheet,
        categories={path: page.pk for path, page in queries.category_pages().items()},
        tax_classes=tuple(TAX_CLASSES),
        foreign_skus=queries.owners_of_skus(seller_id=job.seller_id, skus=skus),
        currency=settings.BASE_CURRENCY,
        further=currencies.further(),
    )


@transaction.atomic
def begin(job: ImportJob, checked: Checked, source: PictureSource) -> None:
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


def work(
    job: ImportJob,
    checked: Checked,
    source: PictureSource,
    on_progress: Progress | None,
    size: int | None,
    *,
    resumed: bool = False,
) -> bool:
    """Import the next products; False when another worker is at it.

    `resumed` tells that somebody else began, who may have died before the indexes were written.
    """
    handles = [product.handle for product in checked.products]
    known = catalog.product_ids_by_handle(seller_id=job.seller_id, handles=handles)
    seen = queries.digests(product_ids=known.values())
    end = len(checked.products)
    stop = end if size is None else min(end, job.next_product + size)
    with ThreadPoolExecutor(max_workers=2) as encoder, indexed_once() as waiting:
        target = None if job.dry_run else _target(job, source, encoder, waiting)
        if resumed and target is not None:
            last = checked.products[max(0, job.next_product - INDEXED_TOGETHER) : job.next_product]
            _index_again([known[each.handle] for each in last if each.handle in known], waiting)
        for index in range(job.next_product, stop):
            product = checked.products[index]
            product_id = known.get(product.handle)
            unchanged = product_id is not None and seen.get(product_id) == product.digest
            if not _one(job, index, product, product_id, target, unchanged):
                return False
            if job.next_product % INDEXED_TOGETHER == 0:
                waiting.flush()
            if on_progress is not None:
                on_progress(job)
    if stop == end:
        job.state, job.finished_at = ImportJob.State.DONE, clock.now()
        job.save(update_fields=["state", "finished_at"])
    return True


def _index_again(product_ids: list[int], waiting: Waiting) -> None:
    pages = list(ProductPage.objects.filter(product_id__in=product_ids, alias_of=None))
    shown = ProductImage.objects.filter(page__in=pages).values("image")
    waiting.again(pages)
    waiting.search_for(ShopImage.objects.filter(pk__in=shown))


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
                digest = "" if applied.page_was_left else product.digest
                ImportedProduct.objects.update_or_create(
                    product_id=applied.product_id, defaults={"digest": digest}
                )
            failpoint("inside_import")
    except Exception as error:
        # One product that cannot be written must not cost the hundreds after it.
        log.exception("importing.product_failed", job_id=job.pk, handle=product.handle)
        outcome = "failed"
        with transaction.atomic():
            if not _take(job, index, outcome):
                return False
            _record(job, [_unexpected(product, error)])
    failpoint("after_import")
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
        ending=_ending(job, trusted=seller.trusted),
        words_wait=not (seller.trusted or _is_staffs(job)),
        encoder=encoder,
        index=waiting.search_for,
        user=job.user,
    )


def _ending(job: ImportJob, *, trusted: bool) -> str:
    """Return what becomes of complete pages; a seller may have lost its trust since it asked."""
    if job.ending == ImportJob.Ending.PUBLISH and not (trusted or _is_staffs(job)):
        return ImportJob.Ending.SUBMIT
    return job.ending


def _is_staffs(job: ImportJob) -> bool:
    return job.user is None or job.user.has_perm(PERMISSION)
