from django.db.models.functions import Now

from .models import Delivery

MAX_ATTEMPTS = 10


def due_deliveries(*, limit: int) -> list[int]:
    """Return deliveries whose nudge was lost or whose retry is due, oldest first."""
    return list(
        Delivery.objects.filter(delivered_at=None, due_at__lte=Now(), attempts__lt=MAX_ATTEMPTS)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def parked_deliveries(*, limit: int) -> list[int]:
    """Return deliveries that failed too often and wait for a person."""
    return list(
        Delivery.objects.filter(delivered_at=None, attempts__gte=MAX_ATTEMPTS)
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
