"""Reads of inventory."""

from collections import defaultdict
from collections.abc import Iterable

from commerce.kernel.sql import fetch

from . import statements
from .models import Location, Reservation, Stock, StockMovement
from .types import Availability, HoldData, LocationData, MovementData, StockLevel


def available(*, variant_ids: Iterable[int]) -> dict[int, Availability]:
    """Return what can still be promised, over all locations; unknown variants are left out."""
    return {
        variant_id: Availability(
            on_hand=on_hand, reserved=reserved, available=on_hand - reserved, low_at=low_at
        )
        for variant_id, on_hand, reserved, low_at in fetch(statements.AVAILABLE, list(variant_ids))
    }


def held_by(*, holder: str) -> list[HoldData]:
    """Return every hold this holder has or had, oldest first."""
    rows = Reservation.objects.filter(holder=holder).order_by("pk")
    return [
        HoldData(
            variant_id=variant_id,
            location_id=location_id,
            quantity=quantity,
            state=state,
            expires_at=expires_at,
        )
        for variant_id, location_id, quantity, state, expires_at in rows.values_list(
            "stock__variant_id", "stock__location_id", "quantity", "state", "expires_at"
        )
    ]


def locations_of(*, seller_id: int) -> list[LocationData]:
    """Return where a seller keeps stock, oldest first."""
    return [
        LocationData(id=row.pk, seller_id=row.seller_id, name=row.name, country=row.country)
        for row in Location.objects.filter(seller_id=seller_id).order_by("pk")
    ]


def levels(*, variant_ids: Iterable[int]) -> dict[int, list[StockLevel]]:
    """Return the stock of each variant by location."""
    rows = Stock.objects.filter(variant_id__in=list(variant_ids)).order_by("location_id")
    found: dict[int, list[StockLevel]] = defaultdict(list)
    for row in rows:
        found[row.variant_id].append(
            StockLevel(
                variant_id=row.variant_id,
                location_id=row.location_id,
                on_hand=row.on_hand,
                reserved=row.reserved,
                low_at=row.low_at,
            )
        )
    return dict(found)


def movements(*, variant_ids: Iterable[int], limit: int = 100) -> list[MovementData]:
    """Return the latest changes of stock, newest first."""
    rows = StockMovement.objects.filter(stock__variant_id__in=list(variant_ids)).order_by("-pk")
    names = ("stock__variant_id", "stock__location_id", "delta", "on_hand", "cause", "actor", "at")
    return [
        MovementData(
            variant_id=variant_id,
            location_id=location_id,
            delta=delta,
            on_hand=on_hand,
            cause=cause,
            actor=actor,
            at=at,
        )
        for variant_id, location_id, delta, on_hand, cause, actor, at in rows.values_list(*names)[
            :limit
        ]
    ]
