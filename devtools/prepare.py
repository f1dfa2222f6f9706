"""Bring the database to the point where the shop can serve: tables, then demo data.

`python -m devtools.prepare FILE` also writes the demo accounts to FILE. One process for all of it,
because loading Django and Wagtail is most of what a second start costs.
"""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.dev")
    accounts_file = Path(sys.argv[1])
    django.setup()
    migrate(marker=accounts_file.with_name("migrated"))
    load_demo(marker=accounts_file.with_name("loading-demo"))
    accounts = io.StringIO()
    call_command("load_demo", accounts=True, stdout=accounts)
    accounts_file.write_text(accounts.getvalue())
    return 0


def migrate(*, marker: Path) -> None:
    """Apply what is missing. The marker tells a finished migration from one cut short after its
    last table, when Django still had permissions to make."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    database = database_name()
    if not missing and marker.exists() and marker.read_text() == database:
        print("Database: up to date", flush=True)
        return
    began = time.monotonic()
    marker.unlink(missing_ok=True)
    print(f"Database: applying {len(missing) or 'the last of the'} migrations ...", flush=True)
    call_command("migrate", verbosity=1, interactive=False, stdout=Counter(len(missing)))
    marker.write_text(database)
    print(f"Database: migrated in {time.monotonic() - began:.0f} s", flush=True)


def load_demo(*, marker: Path) -> None:
    """Fill an empty shop, or go on where an earlier run was cut short: every step may be repeated.

    The marker belongs to one database; another one is asked whether it is empty.
    """
    database = database_name()
    was_cut_short = marker.exists() and marker.read_text() == database
    marker.write_text(database)
    call_command("load_demo", if_empty=not was_cut_short)
    marker.unlink()


def database_name() -> str:
    settings = connection.settings_dict
    return f"{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


class Counter(io.TextIOBase):
    """Turns a line per migration into a line per fifty."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.applied = 0

    def write(self, text: str) -> int:
        if "Applying " in text:
            self.applied += 1
            if self.applied % 50 == 0:
                print(f"  {self.applied} of {self.total}", flush=True)
        return len(text)


if __name__ == "__main__":
    sys.exit(main())
