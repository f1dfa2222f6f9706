"""Reads of hooks; all of them name the seller."""

from .models import ApiKey, Delivery, Endpoint
from .types import DeliveryData, EndpointData, KeyData


def keys_of(*, seller_id: int) -> list[KeyData]:
    """Return a seller's keys, newest first; never the keys themselves."""
    return [
        KeyData(
            id=row.pk,
            seller_id=row.seller_id,
            name=row.name,
            prefix=row.prefix,
            created_by=row.created_by,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )
        for row in ApiKey.objects.filter(seller_id=seller_id).order_by("-pk")
    ]


def endpoints_of(*, seller_id: int) -> list[EndpointData]:
    """Return the addresses at which a seller listens, oldest first."""
    rows = Endpoint.objects.filter(seller_id=seller_id).exclude(state=Endpoint.State.REMOVED)
    return [
        EndpointData(
            id=row.pk,
            url=row.url,
            state=row.state,
            created_at=row.created_at,
            failing_since=row.failing_since,
        )
        for row in rows.order_by("pk")
    ]


def deliveries_of(*, seller_id: int, endpoint_id: int, limit: int = 100) -> list[DeliveryData]:
    """Return what was sent to a seller's address, newest first."""
    rows = Delivery.objects.filter(endpoint_id=endpoint_id, endpoint__seller_id=seller_id)
    return [
        DeliveryData(
            id=row.pk,
            kind=row.kind,
            body=row.body,
            state=row.state,
            attempts=row.attempts,
            due_at=row.due_at,
            last_status=row.last_status,
            last_answer=row.last_answer,
            created_at=row.created_at,
            tried_at=row.tried_at,
        )
        for row in rows.order_by("-pk")[:limit]
    ]
