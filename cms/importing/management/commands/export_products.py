import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.importing.exporting import export
from commerce.sellers import queries as sellers


class Command(BaseCommand):
    help = "Write a seller's products as a file that import_products reads back unchanged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seller", required=True, metavar="SLUG")
        parser.add_argument("--output", type=Path, metavar="FILE", help="Default: standard output.")
        parser.add_argument(
            "--images", type=Path, metavar="FOLDER", help="Copy pictures there, too."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        seller = sellers.seller_by_slug(slug=options["seller"])
        if seller is None:
            raise CommandError(f"There is no seller “{options['seller']}”.")
        if options["output"] is None:
            done = export(seller_id=seller.id, output=sys.stdout, images=options["images"])
        else:
            with options["output"].open("w", encoding="utf-8", newline="") as file:
                done = export(seller_id=seller.id, output=file, images=options["images"])
        self.stderr.write(f"{done.written} products written")
        if done.left_out:
            self.stderr.write(
                f"{len(done.left_out)} left out for want of a SKU or a price:"
                f" {', '.join(done.left_out[:20])}"
            )
