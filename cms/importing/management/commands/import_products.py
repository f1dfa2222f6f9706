import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.importing import operations
from cms.importing.models import ImportJob
from commerce.sellers import queries as sellers

BAR = 30
SHOWN = 50


class Command(BaseCommand):
    help = (
        "Import products of a seller from a file. Interrupted, it goes on where it stopped;"
        " repeated, it changes only what changed in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--seller", required=True, metavar="SLUG")
        parser.add_argument("--format", choices=["shopify"], default="shopify")
        parser.add_argument("--dry-run", action="store_true", help="Tell what would happen.")
        parser.add_argument(
            "--images", type=Path, metavar="FOLDER", help="Default: images/ beside the file."
        )
        parser.add_argument(
            "--fetch-images", action="store_true", help="Fetch pictures given as web addresses."
        )
        parser.add_argument(
            "--drafts", action="store_true", help="Publish nothing; leave pages as drafts."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        seller = sellers.seller_by_slug(slug=options["seller"])
        if seller is None:
            raise CommandError(f"There is no seller “{options['seller']}”.")
        try:
            job = operations.import_file(
                path=options["file"],
                seller_id=seller.id,
                dry_run=options["dry_run"],
                images=options["images"],
                fetch_images=options["fetch_images"],
                ending=ImportJob.Ending.DRAFT if options["drafts"] else ImportJob.Ending.PUBLISH,
                on_progress=self._progress,
            )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        self._report(job)
        if job.state == ImportJob.State.REFUSED:
            raise CommandError(job.refusal)
        if job.failed:
            raise CommandError(f"{job.failed} products were not imported; see above.")

    def _progress(self, job: ImportJob) -> None:
        if not sys.stderr.isatty():
            return
        done = job.next_product / max(1, job.total)
        bar = "█" * int(BAR * done)
        self.stderr.write(f"\r{bar:░<{BAR}} {job.next_product} of {job.total} ", ending="")
        self.stderr.flush()

    def _report(self, job: ImportJob) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")
        problems = job.problems.order_by("row", "pk")
        for problem in problems[:SHOWN]:
            where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
            mark = "ERROR" if problem.stops_product else "note "
            self.stdout.write(
                f"{mark} {where} ({problem.handle or 'no handle'}): {problem.message}"
            )
        if (count := problems.count()) > SHOWN:
            self.stdout.write(f"… and {count - SHOWN} more")
        verb = "would be " if job.dry_run else ""
        self.stdout.write(
            f"{job.created} {verb}created, {job.updated} {verb}updated,"
            f" {job.unchanged} unchanged, {job.failed} with errors"
        )
