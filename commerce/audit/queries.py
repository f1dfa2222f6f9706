from collections.abc import Iterable
from datetime import date

from commerce.kernel import day_seals

from .models import Entry
from .types import SEALED, EntryData


def entries_about(*, subject: str, limit: int = 50) -> list[EntryData]:
    """Return what was done with a thing, the latest first."""
    return _data(Entry.objects.filter(subject=subject).order_by("-at", "-pk")[:limit])


def latest(*, limit: int = 50) -> list[EntryData]:
    """Return what was done at all, the latest first."""
    return _data(Entry.objects.order_by("-at", "-pk")[:limit])


def actions() -> list[str]:
    """Return the names of what was ever done, by alphabet."""
    return list(Entry.objects.order_by("action").values_list("action", flat=True).distinct())


def rewritten_days() -> list[date]:
    """Return the days whose seal is not the one that is kept outside the database."""
    return day_seals.differing(SEALED)


def other_chains() -> list[str]:
    """Return the chains of seals kept outside that are not this database's own."""
    return day_seals.chains_beside(SEALED)


def _data(rows: Iterable[Entry]) -> list[EntryData]:
    return [
        EntryData(
            id=row.pk,
            at=row.at,
            actor=row.actor,
            action=row.action,
            subject=row.subject,
            details=row.details,
        )
        for row in rows
    ]
