"""Tables of orders that are too long to be waited for: asked for, written, fetched, forgotten.

A worker writes the file, so it is flat in memory and nobody's request is held up. Whoever
asked gets a mail, and alone may fetch it, for a week.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import timedelta
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from commerce.kernel.confinement import confined, unconfined
from commerce.kernel.retrying import pause
from commerce.kernel.spreadsheet import Cell, csv_lines, write_workbook
from commerce.notifications import operations as notifications
from commerce.notifications.rendering import absolute
from commerce.sellers import queries as sellers

from .exports import order_rows, parts_in_batches, staff_rows
from .models import OrderExport

log = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=7)
MOST_OPEN = 3
MOST_WORKBOOK_LINES = 1_000_000
"""A sheet holds little more."""
LEASE = timedelta(minutes=65)
"""Longer than a task may take."""
BACKOFF = [timedelta(minutes=m) for m in (1, 5, 30)]
MAX_ATTEMPTS = 4
State = OrderExport.State


class TooManyExports(Exception):
    """The person waits for as many as one may wait for at a time."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_OPEN} of your exports are being made already. Wait for one of them."
        )


class TooLongForWorkbook(Exception):
    """A workbook takes no such number of lines."""

    def __init__(self, *, lines: int) -> None:
        super().__init__(
            f"{lines:,} lines are too many for one workbook of at most {MOST_WORKBOOK_LINES:,}."
            " Take CSV, or choose fewer days, and export again."
        )


class WorkerGone(Exception):
    """Each worker that took it died over it."""


@unconfined()
@transaction.atomic
def ask(
    *, seller_id: int | None, user_id: int, kind: str, part_ids: Sequence[int], lines: int
) -> int:
    """Have a table of these parts written, in this order; asking again while it waits is one.

    The caller chose parts that the person may see: a seller's own, or as staff any.
    Raises TooManyExports, TooLongForWorkbook.
    """
    if kind == "xlsx" and lines > MOST_WORKBOOK_LINES:
        raise TooLongForWorkbook(lines=lines)
    get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    said = f"{seller_id} {kind} {','.join(map(str, part_ids))}"
    digest = hashlib.sha256(said.encode()).hexdigest()
    waiting = OrderExport.objects.filter(user_id=user_id, state=State.WAITING)
    if (same := waiting.filter(digest=digest).first()) is not None:
        return same.pk
    if waiting.count() >= MOST_OPEN:
        raise TooManyExports
    row = OrderExport.objects.create(
        seller_id=seller_id,
        user_id=user_id,
        format=kind,
        part_ids=list(part_ids),
        digest=digest,
        lines=lines,
    )
    from .tasks import make_export  # here, because tasks call operations

    transaction.on_commit(lambda: make_export.delay(export_id=row.pk))
    return row.pk


def exports_of(*, seller_id: int | None, user_id: int) -> QuerySet[OrderExport]:
    """Return a person's own exports for a seller, or as staff; those that lapsed are left out."""
    whose = Q(seller_id__isnull=True) if seller_id is None else Q(seller_id=seller_id)
    rows = OrderExport.objects.filter(whose, user_id=user_id).defer("part_ids")
    return rows.exclude(state=State.EXPIRED).order_by("-pk")


def make(*, export_id: int) -> bool:
    """Write the file and tell who asked; False when there was nothing to do.

    Talks to the store between two short transactions. What fails is tried again with
    pauses, then waits for a person among failed work.
    """
    export = _claim(export_id)
    if export is None:
        return False
    try:
        with TemporaryFile() as output:
            _write(export, output)
            output.seek(0)
            name = export.file.storage.save(
                f"exports/{export.digest[:32]}.{export.format}", File(output)
            )
    except Exception as error:
        _note_failure(export, error)
        return False
    if not _finish(export, name):
        export.file.storage.delete(name)
        return False
    return True


@transaction.atomic
def _claim(export_id: int) -> OrderExport | None:
    rows = OrderExport.objects.select_for_update(skip_locked=True)
    export = rows.filter(pk=export_id, state=State.WAITING, due_at__lte=Now()).first()
    if export is not None and export.attempts >= MAX_ATTEMPTS:
        _note_failure(export, WorkerGone())
        return None
    if export is not None:
        OrderExport.objects.filter(pk=export_id).update(
            attempts=F("attempts") + 1, due_at=Now() + LEASE
        )
        export.attempts += 1
    return export


def _write(export: OrderExport, output: BinaryIO) -> None:
    """Write with the rights of the seller who asked, whatever the list of parts says."""
    seller_id = export.seller_id
    works = sellers.seller_of(user_id=export.user_id)
    is_owner = works is not None and works.seller_id == seller_id and works.role == "owner"
    with nullcontext() if seller_id is None else confined(seller_id=seller_id):
        rows: Iterator[list[Cell]] = (
            staff_rows(export.part_ids)
            if seller_id is None
            else order_rows(parts_in_batches(export.part_ids), with_commission=is_owner)
        )
        if export.format == "xlsx":
            write_workbook(rows, title="orders", output=output)
            return
        for line in csv_lines(rows):
            output.write(line.encode())


def _note_failure(export: OrderExport, error: Exception) -> None:
    log.warning("export.failed", export_id=export.pk, error=repr(error))
    is_over = export.attempts >= MAX_ATTEMPTS
    OrderExport.objects.filter(pk=export.pk, state=State.WAITING).update(
        state=State.FAILED if is_over else State.WAITING,
        due_at=Now() + pause(BACKOFF, attempts=export.attempts),
        last_error=repr(error)[:2000],
    )


@transaction.atomic
def _finish(export: OrderExport, name: str) -> bool:
    done = OrderExport.objects.filter(
        pk=export.pk, state=State.WAITING, attempts=export.attempts
    ).update(
        state=State.READY,
        file=name,
        part_ids=[],
        last_error="",
        finished_at=Now(),
        expires_at=Now() + KEPT_FOR,
    )
    if not done:
        return False
    screen = "backoffice:exports" if export.seller_id is None else "selling:exports"
    notifications.send(
        key=f"export-ready:{export.pk}",
        kind="export_ready",
        recipient=export.user.email,
        subject="Your table of orders is ready",
        context={
            "greeting": export.user.first_name,
            "lines": export.lines,
            "days": KEPT_FOR.days,
            "link": absolute(reverse(screen)),
        },
    )
    return True


def tend() -> int:
    """Begin what waits, and forget the files whose week is over; returns how many were begun."""
    for export in OrderExport.objects.filter(state=State.READY, expires_at__lte=Now()):
        _forget(export.pk)
    from .tasks import make_export

    due = OrderExport.objects.filter(state=State.WAITING, due_at__lte=Now()).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:50])
    for pk in ids:
        make_export.delay(export_id=pk)
    return len(ids)


def _forget(export_id: int) -> None:
    with transaction.atomic():
        rows = OrderExport.objects.select_for_update(skip_locked=True)
        export = rows.filter(pk=export_id, state=State.READY, expires_at__lte=Now()).first()
        if export is None:
            return
        storage, name = export.file.storage, str(export.file.name)
        OrderExport.objects.filter(pk=export_id).update(state=State.EXPIRED, file="")
        transaction.on_commit(_deletion(storage.delete, name))


def _deletion(delete: Callable[[str], None], name: str) -> Callable[[], None]:
    return lambda: delete(name)


def failed() -> QuerySet[OrderExport]:
    """Return the exports that could not be made, oldest first."""
    return OrderExport.objects.filter(state=State.FAILED).defer("part_ids").order_by("pk")


def try_again(*, export_id: int) -> bool:
    """Give a failed export all its attempts anew; False when it did not fail. For staff."""
    rows = OrderExport.objects.filter(pk=export_id, state=State.FAILED)
    return bool(rows.update(state=State.WAITING, attempts=0, due_at=Now()))


def give_up(*, export_id: int, note: str) -> bool:
    """Leave a failed export unmade, with a note; False when it did not fail. For staff."""
    return bool(
        OrderExport.objects.filter(pk=export_id, state=State.FAILED).update(
            state=State.EXPIRED, part_ids=[], last_error=f"Given up: {note}"
        )
    )
