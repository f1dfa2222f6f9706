"""How a SKU is sold when it runs short, and how fairly."""

import random
import time
from collections.abc import Mapping

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now, TruncDate

from commerce.catalog import queries as catalog
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.sql import execute, is_crowded
from commerce.outbox.bus import publish

from . import shelves
from .events import StockChanged
from .models import Location, SkuPolicy, Stock
from .types import DENY, PolicyData

MAX_BACKORDER = 1_000_000
MAX_LOW_AT = 1_000_000
MAX_CAP = 1_000_000
SWITCH_TRIES = 40


class InvalidPolicy(ValueError):
    """The policy contradicts itself. `field` names the culprit, the text says what to do."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class SwitchBusy(Exception):
    """So many are buying the SKU that the switch could not be made now; nothing changed."""


def set_policy(*, variant_id: int, policy: PolicyData) -> None:
    """State how a SKU is sold. What is owed to backorders stays owed, whatever is stated.

    Raises InvalidPolicy, LocationUnknown when the seller has no place to keep
    stock, SwitchBusy.
    """
    _check(policy)
    for attempt in range(SWITCH_TRIES):
        try:
            with transaction.atomic():
                _write(variant_id, policy)
        except OperationalError as error:
            if not is_crowded(error) or connection.in_atomic_block:
                raise
            # The switch is the one that gives way, so that shoppers do not wait for it.
            time.sleep(random.uniform(0.01, 0.05) * (1 + attempt // 10))  # noqa: S311
        else:
            return
    raise SwitchBusy(variant_id)


@transaction.atomic
def set_low_here(*, variant_id: int, thresholds: Mapping[int, int | None]) -> None:
    """Say by location at how many free units its seller wants to be told; None is never.

    A location that holds no such SKU is passed over. Raises InvalidPolicy.
    """
    if any(low is not None and not 0 <= low <= MAX_LOW_AT for low in thresholds.values()):
        raise InvalidPolicy("low_here", f"A threshold is 0 to {MAX_LOW_AT:,} units.")
    rows = Stock.objects.filter(variant_id=variant_id, location_id__in=list(thresholds))
    for row in rows.select_for_update(of=("self",), no_key=True).order_by("pk"):
        if row.low_here != thresholds[row.location_id]:
            Stock.objects.filter(pk=row.pk).update(low_here=thresholds[row.location_id])


@transaction.atomic
def end_due(*, limit: int = 200) -> int:
    """Sell nothing ahead whose day has come; returns how many SKUs. What was sold stays owed."""
    due = SkuPolicy.objects.select_for_update(skip_locked=True).exclude(kind=DENY)
    ids = list(
        due.filter(expected_on__lte=TruncDate(Now()))
        .order_by("pk")
        .values_list("pk", flat=True)[:limit]
    )
    SkuPolicy.objects.filter(pk__in=ids).update(kind=DENY, backorder_limit=0, expected_on=None)
    _limit(ids, 0)
    if ids:
        publish(StockChanged(variant_ids=ids))
    return len(ids)


def _check(policy: PolicyData) -> None:
    ahead = policy.kind != DENY
    if policy.kind not in SkuPolicy.Kind.values:
        raise InvalidPolicy("kind", "Choose what happens when stock runs out.")
    if ahead and not 1 <= policy.backorder_limit <= MAX_BACKORDER:
        raise InvalidPolicy(
            "backorder_limit", f"Enter how many may be sold ahead, 1 to {MAX_BACKORDER:,}."
        )
    if ahead and (policy.expected_on is None or policy.expected_on <= clock.now().date()):
        raise InvalidPolicy("expected_on", "Enter the day on which they arrive, after today.")
    if ahead and policy.by_unit:
        raise InvalidPolicy("by_unit", "A SKU sold unit by unit cannot be sold ahead.")
    if not 0 <= policy.cart_hold_minutes <= 60:
        raise InvalidPolicy("cart_hold_minutes", "A cart holds goods for 1 to 60 minutes.")
    if policy.shopper_cap is not None and not 1 <= policy.shopper_cap <= MAX_CAP:
        raise InvalidPolicy("shopper_cap", f"A share is 1 to {MAX_CAP:,} units.")
    if not 0 <= policy.low_at <= MAX_LOW_AT:
        raise InvalidPolicy("low_at", f"A threshold is 0 to {MAX_LOW_AT:,} units.")


def _write(variant_id: int, policy: PolicyData) -> None:
    ahead = policy.kind != DENY
    SkuPolicy.objects.update_or_create(
        variant_id=variant_id,
        defaults={
            "kind": policy.kind,
            "backorder_limit": policy.backorder_limit if ahead else 0,
            "expected_on": policy.expected_on if ahead else None,
            "cart_hold_minutes": policy.cart_hold_minutes,
            "shopper_cap": policy.shopper_cap,
            "by_unit": policy.by_unit,
            "low_at": policy.low_at,
        },
    )
    rows = Stock.objects.filter(variant_id=variant_id)
    if ahead and not rows.exists():
        shelves.lock(places=[(variant_id, _first_location(variant_id))])
    execute("SET LOCAL lock_timeout = '100ms'")
    if rows.exclude(by_unit=policy.by_unit).exists():
        with unconfined():  # holds are shoppers'; whose SKU it is was settled by the row above
            execute("SELECT inventory_sell_by_unit(%s, %s)", variant_id, policy.by_unit)
    _limit([variant_id], policy.backorder_limit if ahead else 0)
    rows.exclude(low_at=policy.low_at).update(low_at=policy.low_at)
    execute("SET LOCAL lock_timeout TO DEFAULT")
    publish(StockChanged(variant_ids=[variant_id]))


def _limit(variant_ids: list[int], limit: int) -> None:
    """Let one row of each SKU go below zero; the others keep only what they owe already."""
    execute(_SET_LIMITS, variant_ids, limit)


_SET_LIMITS = """
WITH shelf AS MATERIALIZED (
    SELECT s.id, s.variant_id, s.on_hand, s.reserved, l.priority, s.location_id
    FROM inventory_stock s JOIN inventory_location l ON l.id = s.location_id
    WHERE s.variant_id = ANY (%s)
    ORDER BY s.id FOR NO KEY UPDATE OF s
), asked AS (
    SELECT %s::int AS units
), turn AS (
    SELECT shelf.*, row_number() OVER (
        PARTITION BY variant_id ORDER BY priority, location_id
    ) AS place
    FROM shelf
)
UPDATE inventory_stock s SET
    backorder_closed = asked.units = 0 OR turn.place > 1,
    backorder_limit = greatest(
        CASE WHEN turn.place = 1 THEN asked.units ELSE 0 END, turn.reserved - turn.on_hand, 0
    )
FROM turn, asked
WHERE s.id = turn.id
"""


def _first_location(variant_id: int) -> int:
    variant = catalog.variants(variant_ids=[variant_id]).get(variant_id)
    places = Location.objects.filter(seller_id=variant.seller_id if variant else 0)
    first = places.order_by("priority", "pk").values_list("pk", flat=True).first()
    if first is None:
        raise shelves.LocationUnknown(variant_id)
    return first
