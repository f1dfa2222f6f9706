from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class EntryData:
    """Who did what, when, with which thing."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
