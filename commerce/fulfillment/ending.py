"""How parcels end that never arrive, and what that makes of the seller's part of the order."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import structlog
from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel import actor, clock
from commerce.kernel.sql import fetch
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries

from .models import Shipment

log = structlog.get_logger(__name__)

State = Shipment.State
# A lost parcel that is replaced is waited for until its replacement should have come.
UNDER_WAY = Q(state__in=[State.SHIPPED, State.READY]) | (
    Q(state=State.LOST) & (Q(over_at__isnull=True) | Q(over_at__gt=Now()))
)
_ENDED = """
SELECT p.id FROM orders_sellerorder p
WHERE p.id > %s AND p.state = 'shipped' AND EXISTS (
        SELECT 1 FROM fulfillment_shipment s
        WHERE s.seller_order_id = p.id AND s.state IN ('lost', 'delivered')
    ) AND NOT EXISTS (
        SELECT 1 FROM fulfillment_shipment s
        WHERE s.seller_order_id = p.id AND (
            s.state IN ('shipped', 'ready')
            OR (s.state = 'lost' AND (s.over_at IS NULL OR s.over_at > clock_timestamp()))
        )
    )
ORDER BY p.id LIMIT %s
"""


@transaction.atomic
def lose_parcels(
    *, seller_order_id: int, units: Mapping[int, int], replaced: bool = False
) -> list[int]:
    """End the parcels under way in which these units never came; returns their ids.

    Those that hold nothing else go first, then the oldest. A parcel that is replaced is
    over when `replacement_sent` says so, any other at once. The caller settles the part.
    """
    part = order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    orders.lock(token=part.order_token)
    actor.tell_database(cause="never came")
    left, lost = dict(units), []
    for parcel in _most_likely_first(seller_order_id, units):
        held = {line.order_line_id: line.quantity for line in parcel.lines.all()}
        if not any(left.get(line_id) for line_id in held):
            continue
        for line_id, quantity in held.items():
            left[line_id] = max(left.get(line_id, 0) - quantity, 0)
        lost.append(parcel.pk)
    Shipment.objects.filter(pk__in=lost).update(
        state=State.LOST, over_at=None if replaced else Now()
    )
    return lost


def _most_likely_first(seller_order_id: int, units: Mapping[int, int]) -> Iterable[Shipment]:
    parcels = Shipment.objects.filter(UNDER_WAY, seller_order_id=seller_order_id)
    return sorted(
        parcels.prefetch_related("lines"),
        key=lambda parcel: (
            any(line.quantity > units.get(line.order_line_id, 0) for line in parcel.lines.all()),
            parcel.shipped_at,
            parcel.pk,
        ),
    )


@transaction.atomic
def replacement_sent(*, seller_order_id: int, days: int) -> None:
    """Wait as many days for what was sent in place of a part's lost parcels, then no more."""
    Shipment.objects.filter(
        seller_order_id=seller_order_id, state=State.LOST, over_at__isnull=True
    ).update(over_at=clock.now() + timedelta(days=days))


@transaction.atomic
def settle_part(*, seller_order_id: int) -> bool:
    """Deliver a part of which nothing is under way any more; returns whether it was.

    A part of which the shopper keeps nothing was "returned" before, by the orders.
    """
    part = order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    orders.lock(token=part.order_token)
    if not fetch(_ENDED.replace("p.id > %s", "p.id = %s"), seller_order_id, 1):
        return False
    orders.advance(seller_order_id=seller_order_id, to_state="delivered")
    return True


def settle_ended(*, limit: int = 500) -> int:
    """Settle parts whose last parcel ended by the passing of time; returns how many. For a task.

    All are looked at, `limit` at a time: a part that cannot be settled keeps none from it.
    """
    settled, after = 0, 0
    while rows := fetch(_ENDED, after, limit):
        for (part_id,) in rows:
            after = part_id
            settled += _settled_or_told(part_id)
    return settled


def _settled_or_told(part_id: int) -> bool:
    try:
        with actor.acting_as("rule"):
            return settle_part(seller_order_id=part_id)
    except OperationalError as crowded:
        log.warning("part.not_settled", seller_order=part_id, error=str(crowded))
    except (DatabaseError, orders.IllegalMove) as refusal:  # somebody has to look at it
        log.exception("part.not_settled", seller_order=part_id, error=str(refusal))
    return False
