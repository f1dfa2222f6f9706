"""Whether the database keeps sellers apart: part of `manage.py check --database default`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.core.checks import Warning as Caution
from django.db import DEFAULT_DB_ALIAS, connection

from . import guarding


def sellers_rows_are_guarded(
    *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Say what stands open, and what closes it.

    Warnings: `migrate`, which mends it, would not start over an error.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    if not guarding.can_take_role():
        user = connection.get_connection_params()["user"]
        return [Caution(str(guarding.RoleMissing(user=user)), id="selling.W001")]
    if gaps := guarding.gaps():
        return [
            Caution(
                f"Row-level security is not as it must be on {', '.join(sorted(gaps)[:10])}.",
                hint="Run manage.py migrate: it mends this, also when no migration is left.",
                id="selling.W002",
            )
        ]
    return []
