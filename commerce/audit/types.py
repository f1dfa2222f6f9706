from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commerce.kernel.day_seals import SealedTable

SEALED = SealedTable(
    name="audit",
    seals="audit_seal",
    counted="entries",
    rows="audit_entry e",
    at="e.at",
    order="e.id",
    said=(
        "concat_ws('|', e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
        " e.actor, e.action, e.subject, e.details)"
    ),
)


@dataclass(frozen=True, kw_only=True)
class EntryData:
    """Who did what, when, with which thing."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
