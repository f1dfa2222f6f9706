from collections.abc import Collection

from django.db.models.functions import Now

from .models import Message

MAX_ATTEMPTS = 10


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


def stuck_messages(*, limit: int = 100) -> list[tuple[str, str, str]]:
    """Return key, recipient and last error of mails that failed too often."""
    return list(
        Message.objects.filter(sent_at=None, attempts__gte=MAX_ATTEMPTS)
        .order_by("-pk")
        .values_list("key", "recipient", "last_error")[:limit]
    )
