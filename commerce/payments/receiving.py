"""The provider's notices: stored at once, acted on later, each once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from commerce.gateways.notices import handlers_of
from commerce.gateways.payments import ProviderEventData, get_payment_gateway
from commerce.kernel.actor import acting_as
from commerce.kernel.retrying import pause

from .models import ProviderEvent
from .nudging import nudge

log = structlog.get_logger(__name__)

BACKOFF = [timedelta(seconds=s) for s in (10, 60, 300, 900, 3600)]
MAX_ATTEMPTS = 20


def record_event(*, event: ProviderEventData) -> bool:
    """Store a verified notice. Returns False when it had come before."""
    _, created = ProviderEvent.objects.get_or_create(
        event_id=event.id,
        defaults={
            "kind": event.kind,
            "account": event.account,
            "livemode": event.livemode,
            "payload": event.object,
        },
    )
    return created


def receive(*, event: ProviderEventData) -> bool:
    """Store a verified notice and wake a worker. Returns False when it had come before."""
    created = record_event(event=event)
    if created:
        transaction.on_commit(lambda: nudge("handle_event", event_id=event.id))
    return created


def handle_event(*, event_id: str) -> str:
    """Act on a stored notice; returns what came of it. What fails is due again later.

    Handlers are idempotent, so it does no harm when two workers have one notice.
    """
    stored = ProviderEvent.objects.get(event_id=event_id)
    if stored.handled_at is not None:
        return stored.outcome
    event = ProviderEventData(
        id=stored.event_id,
        kind=stored.kind,
        livemode=stored.livemode,
        account=stored.account,
        object=stored.payload,
    )
    try:
        with acting_as("stripe"):
            outcome = _dispatch(event)
    except Exception as error:
        wait = pause(BACKOFF, attempts=stored.attempts)
        ProviderEvent.objects.filter(pk=stored.pk).update(
            attempts=F("attempts") + 1, due_at=Now() + wait, outcome=repr(error)[:200]
        )
        raise
    ProviderEvent.objects.filter(pk=stored.pk, handled_at=None).update(
        handled_at=Now(), outcome=outcome[:200]
    )
    return outcome


def _dispatch(event: ProviderEventData) -> str:
    if event.livemode != get_payment_gateway().livemode:
        log.error("notice.of_other_mode", event_id=event.id, kind=event.kind)
        return "ignored: of the other mode"
    handlers = handlers_of(event.kind)
    if not handlers:
        return "ignored: nobody listens"
    return ", ".join(handler(event) or "done" for handler in handlers)


def work_off_events(*, limit: int = 200) -> int:
    """Act on notices whose task was lost or failed; returns how many were done."""
    due = (
        ProviderEvent.objects.filter(
            handled_at=None, due_at__lte=Now() - timedelta(seconds=30), attempts__lt=MAX_ATTEMPTS
        )
        .order_by("due_at", "pk")
        .values_list("event_id", flat=True)[:limit]
    )
    done = 0
    for event_id in list(due):
        try:
            handle_event(event_id=event_id)
            done += 1
        except Exception as error:
            log.warning("notice.failed", event_id=event_id, error=repr(error))
    return done


@dataclass(frozen=True, kw_only=True)
class ParkedNotice:
    """A notice of the provider's that could not be acted on too often."""

    id: int
    event_id: str
    kind: str
    attempts: int
    received_at: datetime
    last_error: str


def parked_notices(*, limit: int) -> list[ParkedNotice]:
    """Return notices that failed too often and wait for a person, oldest first."""
    return [
        ParkedNotice(
            id=row.pk,
            event_id=row.event_id,
            kind=row.kind,
            attempts=row.attempts,
            received_at=row.received_at,
            last_error=row.outcome,
        )
        for row in _parked().order_by("pk")[:limit]
    ]


def count_parked_notices() -> int:
    """Return how many notices wait for a person."""
    return _parked().count()


def retry_notice(*, notice_id: int) -> bool:
    """Give a parked notice all its attempts anew, at once; False when it is not parked.

    For staff with the right.
    """
    due = Now() - timedelta(minutes=1)
    return bool(_parked().filter(pk=notice_id).update(attempts=0, due_at=due))


def give_up_notice(*, notice_id: int, note: str) -> bool:
    """Count a parked notice as handled, with a note; False when it is not parked.

    For staff with the right, who have seen to it in another way.
    """
    said = f"given up: {note}"[:200]
    return bool(_parked().filter(pk=notice_id).update(handled_at=Now(), outcome=said))


def _parked() -> QuerySet[ProviderEvent]:
    return ProviderEvent.objects.filter(handled_at=None, attempts__gte=MAX_ATTEMPTS)
