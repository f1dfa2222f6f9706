from datetime import date
from typing import Any

from commerce.kernel import actor
from commerce.kernel.confinement import unconfined
from commerce.kernel.sql import execute, fetch

from . import statements
from .models import Entry


@unconfined()
def record(*, action: str, subject: str = "", details: dict[str, Any] | None = None) -> None:
    """Write down that the actor did something; it can never be taken back.

    `details` hold counts and choices, never what tells of a person. Record an access
    before granting it.
    """
    Entry.objects.create(
        actor=actor.current()[:80],
        action=action[:60],
        subject=subject[:120],
        details=details or {},
    )


def seal() -> list[date]:
    """Seal the days that have ended, oldest first; returns them. Repeating it changes nothing."""
    sealed = []
    for (day,) in fetch(statements.UNSEALED):
        if execute(statements.SEAL, *[day] * 4):
            sealed.append(day)
    return sealed
