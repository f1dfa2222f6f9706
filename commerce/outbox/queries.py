from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from .models import Delivery

MAX_ATTEMPTS = 10
TOLD_AFTER = 5
"""Tries, which take about an hour. A person is told then; the others follow, hours apart."""


@dataclass(frozen=True, kw_only=True)
class ParkedDelivery:
    """A fact that one of its hearers failed on too often."""

    id: int
    fact: str
    subscriber: str
    attempts: int
    occurred_at: datetime
    last_error: str


def due_deliveries(*, limit: int) -> list[int]:
    """Return deliveries whose nudge was lost or whose retry is due, oldest first."""
    return list(
        Delivery.objects.filter(
            delivered_at=None, given_up_at=None, due_at__lte=Now(), attempts__lt=MAX_ATTEMPTS
        )
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def parked_deliveries(*, limit: int) -> list[ParkedDelivery]:
    """Return deliveries that failed so often that a person is told, oldest first."""
    return [
        ParkedDelivery(
            id=row.pk,
            fact=row.event.name,
            subscriber=row.subscriber,
            attempts=row.attempts,
            occurred_at=row.event.occurred_at,
            last_error=row.last_error,
        )
        for row in parked().select_related("event").order_by("pk")[:limit]
    ]


def count_parked() -> int:
    """Return how many deliveries a person is told of."""
    return parked().count()


def parked() -> QuerySet[Delivery]:
    """Return the rows themselves; for this module's own use."""
    return Delivery.objects.filter(delivered_at=None, given_up_at=None, attempts__gte=TOLD_AFTER)
