from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from .models import Message

MAX_ATTEMPTS = 10


@dataclass(frozen=True, kw_only=True)
class StuckMessage:
    """A mail that the mail server refused too often."""

    id: int
    kind: str
    recipient: str
    attempts: int
    created_at: datetime
    last_error: str


def due_messages(
    *, limit: int, kinds: Collection[str] = (), but: Collection[str] = ()
) -> list[int]:
    """Return mails that wait to be sent, longest due first; those that failed too often wait.

    Of these kinds, or of all `but` those.
    """
    due = Message.objects.filter(sent_at=None, due_at__lte=Now(), attempts__lt=MAX_ATTEMPTS)
    if kinds:
        due = due.filter(kind__in=kinds)
    due = due.exclude(kind__in=but)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def message_id(*, key: str) -> int | None:
    """Return the id of the mail that is owed under a key."""
    return Message.objects.filter(key=key).values_list("pk", flat=True).first()


def stuck_messages(*, limit: int = 100) -> list[StuckMessage]:
    """Return mails that failed too often and wait for a person, oldest first."""
    return [
        StuckMessage(
            id=row.pk,
            kind=row.kind,
            recipient=row.recipient,
            attempts=row.attempts,
            created_at=row.created_at,
            last_error=row.last_error,
        )
        for row in stuck().order_by("pk")[:limit]
    ]


def count_stuck() -> int:
    """Return how many mails wait for a person."""
    return stuck().count()


def stuck() -> QuerySet[Message]:
    """Return the rows themselves; for this module's own use."""
    return Message.objects.filter(sent_at=None, given_up_at=None, attempts__gte=MAX_ATTEMPTS)
