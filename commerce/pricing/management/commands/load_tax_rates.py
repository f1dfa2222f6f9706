"""Load tax rates by place: `manage.py load_tax_rates`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commerce.pricing import operations
from commerce.pricing.operations import BadFile


class Command(BaseCommand):
    help = "Add tax rates that are missing: VAT of Europe, US states, provinces, other countries."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="another file than our own")
        parser.add_argument("--replace", action="store_true", help="also change rates kept here")
        parser.add_argument(
            "--if-empty", action="store_true", help="only for a shop that has no rates yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        given = {"path": options["path"]} if options["path"] else {}
        try:
            loaded = operations.load_tax_rates(
                replace=options["replace"], if_empty=options["if_empty"], **given
            )
        except (BadFile, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{loaded.added} added, {loaded.changed} changed")
        for line in loaded.different:
            self.stdout.write(line)
