"""What crosses the border of hooks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class KeyData:
    id: int
    seller_id: int
    name: str
    prefix: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EndpointData:
    id: int
    url: str
    state: str
    created_at: datetime
    failing_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeliveryData:
    id: int
    kind: str
    body: dict[str, Any]
    state: str
    attempts: int
    due_at: datetime
    last_status: int | None
    last_answer: str
    created_at: datetime
    tried_at: datetime | None
