import sys
from typing import Any

from django.core.management.base import BaseCommand

from commerce.invariants import queries


class Command(BaseCommand):
    help = "Print every rule of stock and money with its number of violations; exit 1 if any."

    def handle(self, *args: Any, **options: Any) -> None:
        results = queries.check_all()
        for result in results:
            line = f"{result.code:<6} {result.violations:>6}  {result.rule}"
            self.stdout.write(self.style.ERROR(line) if result.violations else line)
        total = sum(result.violations for result in results)
        if total:
            self.stderr.write(self.style.ERROR(f"{total} violations."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS(f"All {len(results)} checks are zero."))
