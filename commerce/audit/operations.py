from datetime import date
from typing import Any

from commerce.kernel import actor, day_seals
from commerce.kernel.confinement import unconfined

from .models import Entry
from .types import SEALED


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
    """Seal the days that have ended, and keep the seals outside too; returns those days."""
    sealed = day_seals.seal(SEALED)
    day_seals.keep_outside(SEALED)
    return sealed


def begin_seals() -> int:
    """Keep the seals where none are kept yet, as after a restore; returns how many.

    Raises day_seals.ChainsKept.
    """
    return day_seals.begin(SEALED)
