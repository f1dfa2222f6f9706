"""What whoever deploys has to know of stock before `migrate` runs."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Caution
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.recorder import MigrationRecorder

_FIRST = ("inventory", "0001_initial")
_HOLDS = ("inventory", "0012_holds_of_checkouts")


def older_processes_know_no_holds(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Say that processes from before the holds of checkouts would count them as anybody's."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not settings.CHECKOUT_HOLD_MINUTES:
        return []
    applied = MigrationRecorder(connection).applied_migrations()
    if _FIRST not in applied or _HOLDS in applied:
        return []
    return [
        Caution(
            "This database is used by a release in which checkouts hold nothing. Its processes "
            "would refuse shoppers what their own checkouts hold.",
            hint="Set CHECKOUT_HOLD_MINUTES=0 until none of them runs.",
            id="inventory.W001",
        )
    ]
