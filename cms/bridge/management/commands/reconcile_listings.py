from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cms.bridge import operations


class Command(BaseCommand):
    help = "Compare pages with listings and mend what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--report", action="store_true", help="Change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        drift = operations.reconcile(repair=not options["report"])
        self._say("to publish", drift.published)
        self._say("to withdraw", drift.withdrawn)

    def _say(self, label: str, product_ids: list[int]) -> None:
        shown = ", ".join(str(product_id) for product_id in product_ids[:20])
        self.stdout.write(f"{len(product_ids)} {label}{': ' if shown else ''}{shown}")
