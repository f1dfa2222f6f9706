"""Reads of inventory."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import Now

from commerce.catalog import queries as catalog
from commerce.kernel.sql import fetch

from . import statements
from .accuracy import accuracy
from .models import (
    Allocation,
    CountSheet,
    Location,
    Reservation,
    SkuPolicy,
    Stock,
    StockConflict,
    StockMovement,
)
from .scheduling import count_plans
from .types import (
    DENY,
    AllocationData,
    Availability,
    ConflictData,
    CountData,
    CountRow,
    HoldData,
    Kept,
    LocationData,
    MovementData,
    PolicyData,
    StockLevel,
    Unfulfillable,
)

__all__ = ["accuracy", "count_plans"]


def available(*, variant_ids: Iterable[int]) -> dict[int, Availability]:
    """Return what can still be promised, over all locations; unknown variants are left out."""
    return {
        variant_id: Availability(
            on_hand=on_hand,
            reserved=reserved,
            available=room if kind != DENY else in_stock,
            low_at=low_at,
            in_stock=in_stock,
            kind=kind,
            expected_on=expected_on,
            cart_hold_minutes=minutes,
        )
        for variant_id, on_hand, reserved, in_stock, room, low_at, kind, expected_on, minutes in (
            fetch(statements.AVAILABLE, list(variant_ids))
        )
    }


def free_at(
    *, variant_ids: Iterable[int], holders: Iterable[str] = ()
) -> dict[tuple[int, int], int]:
    """Return what is there and free by variant and location, with what these holders hold there."""
    rows = fetch(statements.FREE_AT, list(holders), list(variant_ids))
    return {(variant_id, location_id): int(free) for variant_id, location_id, free in rows}


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
            kind=kind,
        )
        for variant_id, location_id, quantity, state, expires_at, kind in rows.values_list(
            "stock__variant_id", "stock__location_id", "quantity", "state", "expires_at", "kind"
        )
    ]


def held_in_cart(*, cart_id: int, variant_ids: Iterable[int]) -> dict[int, tuple[int, datetime]]:
    """Return what a cart itself holds of these variants: units and deadline."""
    holders = [f"cart:{cart_id}:{variant_id}" for variant_id in variant_ids]
    rows = Reservation.objects.filter(
        holder__in=holders, state=Reservation.State.ACTIVE, expires_at__gt=Now()
    )
    found: dict[int, tuple[int, datetime]] = {}
    for variant_id, quantity, until in rows.values_list(
        "stock__variant_id", "quantity", "expires_at"
    ):
        units, _ = found.get(variant_id, (0, until))
        found[variant_id] = (units + quantity, until)
    return found


def kept(*, cart_id: int) -> dict[int, Kept]:
    """Return what a cart's checkout holds, or held within the hour until it lapsed."""
    return {
        variant_id: Kept(units=units, there=there, until=until, lives=lives)
        for variant_id, units, there, until, lives in fetch(statements.KEPT, f"checkout:{cart_id}")
    }


def policies(*, variant_ids: Iterable[int]) -> dict[int, PolicyData]:
    """Return what sellers stated of these variants; the others are sold by the defaults."""
    return {
        row.variant_id: PolicyData(
            kind=row.kind,
            backorder_limit=row.backorder_limit,
            expected_on=row.expected_on,
            cart_hold_minutes=row.cart_hold_minutes,
            shopper_cap=row.shopper_cap,
            by_unit=row.by_unit,
            low_at=row.low_at,
        )
        for row in SkuPolicy.objects.filter(pk__in=list(variant_ids))
    }


def allocations(*, holder: str) -> list[AllocationData]:
    """Return which locations an order's units leave from, in the order they are drawn."""
    return allocations_of(holders=[holder]).get(holder, [])


def allocations_of(*, holders: Iterable[str]) -> dict[str, list[AllocationData]]:
    """Return the allocations of several orders by token."""
    rows = Allocation.objects.filter(holder__in=list(holders), quantity__gt=0).order_by("stock_id")
    found: dict[str, list[AllocationData]] = defaultdict(list)
    for holder, variant_id, location_id, name, quantity, departed in rows.values_list(
        "holder",
        "stock__variant_id",
        "stock__location_id",
        "stock__location__name",
        "quantity",
        "departed",
    ):
        found[holder].append(
            AllocationData(
                holder=holder,
                variant_id=variant_id,
                location_id=location_id,
                location_name=name,
                quantity=quantity,
                departed=departed,
            )
        )
    return dict(found)


def unfulfillable(*, seller_id: int | None = None) -> list[Unfulfillable]:
    """Return the open units of paid orders that a count did not find, youngest orders first.

    The oldest orders are served from what is there; a seller's, or everybody's.
    """
    return [
        Unfulfillable(
            holder=holder, variant_id=variant_id, location_id=location_id, quantity=quantity
        )
        for holder, variant_id, location_id, quantity in fetch(
            statements.UNFULFILLABLE, seller_id, seller_id
        )
    ]


def locations_of(*, seller_id: int) -> list[LocationData]:
    """Return where a seller keeps stock, in the order in which orders draw from them."""
    return [
        LocationData(
            id=row.pk,
            seller_id=row.seller_id,
            name=row.name,
            country=row.country,
            priority=row.priority,
        )
        for row in Location.objects.filter(seller_id=seller_id).order_by("priority", "pk")
    ]


def location_names(*, location_ids: Iterable[int]) -> dict[int, str]:
    """Return locations' names by id."""
    rows = Location.objects.filter(pk__in=list(location_ids))
    return dict(rows.values_list("pk", "name"))


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
                version=row.version,
                missing=row.missing,
                backorder_limit=row.backorder_limit,
                low_here=row.low_here,
            )
        )
    return dict(found)


def unknown_skus(*, seller_id: int, skus: Iterable[str]) -> list[str]:
    """Return those of the SKUs that the seller does not have."""
    wanted = sorted(set(skus))
    found = catalog.variant_ids_by_sku(skus=wanted) if wanted else {}
    variants = catalog.variants(variant_ids=list(found.values()))
    own = {each.sku for each in variants.values() if each.seller_id == seller_id}
    return [sku for sku in wanted if sku not in own]


def stock_page(
    *, seller_id: int, skus: Iterable[str], after: int, limit: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return a seller's stock rows behind a mark, of some SKUs or all; and the next mark."""
    rows = Stock.objects.filter(location__seller_id=seller_id, pk__gt=after).order_by("pk")
    wanted = list(skus)
    if wanted:
        rows = rows.filter(variant__sku__in=wanted)
    found = list(rows.select_related("variant", "location")[: limit + 1])
    single = [row.pk for row in found if row.by_unit]
    promised: dict[int, int] = dict(fetch(statements.PROMISED, single)) if single else {}
    page = [
        {
            "sku": row.variant.sku,
            "location": row.location.name,
            "on_hand": row.on_hand,
            "reserved": promised.get(row.pk, row.reserved),
            "version": row.version,
            "threshold": row.low_here,
        }
        for row in found[:limit]
    ]
    return page, found[limit - 1].pk if len(found) > limit else None


def movements(
    *,
    variant_ids: Iterable[int],
    limit: int = 100,
    offset: int = 0,
    before: int | None = None,
    kind: str = "",
    location_id: int | None = None,
) -> list[MovementData]:
    """Return changes of stock, newest first; `before` names the one to go on after."""
    rows = _movements(variant_ids, kind, location_id).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        MovementData(
            id=row.pk,
            variant_id=row.stock.variant_id,
            location_id=row.stock.location_id,
            location_name=row.stock.location.name,
            delta=row.delta,
            on_hand=row.on_hand,
            kind=row.kind,
            cause=row.cause,
            reference=row.reference,
            actor=row.actor,
            at=row.at,
        )
        for row in rows.select_related("stock__location")[offset : offset + limit]
    ]


def count_movements(
    *, variant_ids: Iterable[int], kind: str = "", location_id: int | None = None
) -> int:
    """Return how many changes of stock there are."""
    return _movements(variant_ids, kind, location_id).count()


def _movements(
    variant_ids: Iterable[int], kind: str, location_id: int | None
) -> QuerySet[StockMovement]:
    rows = StockMovement.objects.filter(stock__variant_id__in=list(variant_ids))
    if kind:
        rows = rows.filter(kind=kind)
    return rows if location_id is None else rows.filter(stock__location_id=location_id)


def conflicts(*, variant_ids: Iterable[int], limit: int = 50) -> list[ConflictData]:
    """Return the counts that met a change meanwhile, newest first."""
    rows = StockConflict.objects.filter(stock__variant_id__in=list(variant_ids)).order_by("-pk")
    return [
        ConflictData(
            variant_id=row.stock.variant_id,
            location_id=row.stock.location_id,
            source=row.source,
            seen=row.seen,
            wanted=row.wanted,
            found=row.found,
            outcome=row.outcome,
            actor=row.actor,
            at=row.at,
        )
        for row in rows.select_related("stock")[:limit]
    ]


def counts_of(*, seller_id: int, limit: int = 50) -> list[CountData]:
    """Return a seller's counts, newest first."""
    rows = CountSheet.objects.filter(location__seller_id=seller_id).select_related("location")
    return [_count(row) for row in rows.annotate(found=Count("lines")).order_by("-pk")[:limit]]


def count_of(*, seller_id: int, sheet_id: int) -> CountData | None:
    """Return one of a seller's counts; somebody else's is none."""
    rows = CountSheet.objects.filter(location__seller_id=seller_id).select_related("location")
    row = rows.annotate(found=Count("lines")).filter(pk=sheet_id).first()
    return _count(row) if row else None


def count_rows(*, sheet_id: int) -> list[CountRow]:
    """Return every SKU a count asks for; an ended count shows what was entered."""
    sheet = CountSheet.objects.get(pk=sheet_id)
    lines = {line.stock_id: line for line in sheet.lines.all()}
    return [
        CountRow(
            stock_id=stock_id,
            variant_id=variant_id,
            expected=line.expected if line else max(int(expected), 0),
            counted=line.counted if line else None,
        )
        for stock_id, variant_id, expected in fetch(
            statements.EXPECTED, sheet.location_id, sheet.chosen, sheet.chosen
        )
        if (line := lines.get(stock_id)) or sheet.state == CountSheet.State.OPEN
    ]


def _count(row: CountSheet) -> CountData:
    return CountData(
        id=row.pk,
        location_id=row.location_id,
        location_name=row.location.name,
        state=row.state,
        started_at=row.started_at,
        ended_at=row.ended_at,
        accuracy=row.accuracy,
        lines=getattr(row, "found", 0),
        asked=None if row.chosen is None else len(row.chosen),
        complete=row.complete,
    )
