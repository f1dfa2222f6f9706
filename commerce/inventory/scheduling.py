"""Counts on a schedule: when each location is counted next, and who has put it off.

A count meets the schedule when everything on it that should lie there has a number.
"""

from collections.abc import Iterable

import structlog
from django.db import DatabaseError, transaction
from django.db.models.functions import Coalesce, Now

from commerce.kernel.sql import fetch
from commerce.outbox.bus import publish

from .counting import CountEnded, start_count
from .events import CountDue
from .models import CountNotice, Location
from .shelves import LocationUnknown
from .types import CountPlan

log = structlog.get_logger(__name__)

SUGGESTED_DAYS = 90
LONGEST_DAYS = 366
MOST_AT_ONCE = 10_000

_PLANS = """
SELECT place.id, place.seller_id, place.name, place.count_every, place.count_at_once, last.at,
    greatest(last.at + make_interval(days => place.count_every), place.count_since),
    clock_timestamp(), (
        SELECT sheet.id FROM inventory_countsheet sheet
        WHERE sheet.location_id = place.id AND sheet.state = 'open'
    )
FROM inventory_location place
JOIN sellers_seller seller ON seller.id = place.seller_id AND seller.state <> 'closed'
LEFT JOIN LATERAL (
    SELECT max(sheet.ended_at) AS at FROM inventory_countsheet sheet
    WHERE sheet.location_id = place.id AND sheet.state = 'applied'
        AND sheet.complete AND sheet.accuracy IS NOT NULL
) AS last ON true
WHERE place.count_every IS NOT NULL
    AND (%s::bigint[] IS NULL OR place.seller_id = ANY (%s))
    AND EXISTS (SELECT 1 FROM inventory_stock stock WHERE stock.location_id = place.id)
ORDER BY 7, place.id
"""


class InvalidSchedule(ValueError):
    """The interval or the number of SKUs is out of range; the text says so."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def schedule_counts(
    *, seller_id: int, location_id: int, every: int | None, at_once: int | None = None
) -> None:
    """Have a location counted every so many days, whole or some SKUs at a time; None: never.

    What was never counted, or too long ago, is due at once. For owners and editors.
    Raises LocationUnknown, InvalidSchedule.
    """
    if every is None:
        at_once = None
    elif not 1 <= every <= LONGEST_DAYS:
        raise InvalidSchedule("every", f"Count every 1 to {LONGEST_DAYS} days.")
    if at_once is not None and not 1 <= at_once <= MOST_AT_ONCE:
        raise InvalidSchedule("at_once", f"Count 1 to {MOST_AT_ONCE:,} SKUs at a time.")
    changed = Location.objects.filter(pk=location_id, seller_id=seller_id).update(
        count_every=every,
        count_at_once=at_once,
        count_since=None if every is None else Coalesce("count_since", Now()),
    )
    if not changed:
        raise LocationUnknown(location_id)


def count_plans(*, seller_ids: Iterable[int] | None = None) -> list[CountPlan]:
    """Return the locations on a schedule, of all sellers by default; the first due first.

    Where no SKU was ever kept there is nothing to count.
    """
    ids = None if seller_ids is None else sorted(set(seller_ids))
    return [
        CountPlan(
            location_id=location_id,
            seller_id=seller_id,
            location_name=name,
            every=every,
            at_once=at_once,
            last=last,
            due_at=due_at,
            now=now,
            sheet_id=sheet_id,
        )
        for location_id, seller_id, name, every, at_once, last, due_at, now, sheet_id in fetch(
            _PLANS, ids, ids
        )
    ]


def tell_due_counts() -> int:
    """Prepare the counts that fell due and report each once, and once more a week later.

    Returns how many were reported. Each is a transaction of its own, and one that fails
    keeps none from its turn.
    """
    return sum(_told(plan) for plan in count_plans() if plan.is_due)


def _told(plan: CountPlan) -> bool:
    try:
        return _tell(plan)
    except (DatabaseError, CountEnded) as problem:
        log.exception("count.not_told", location=plan.location_id, error=str(problem))
        return False


@transaction.atomic
def _tell(plan: CountPlan) -> bool:
    notice, is_new = CountNotice.objects.get_or_create(
        location_id=plan.location_id,
        due_at=plan.due_at,
        stage=CountNotice.Stage.OVERDUE if plan.is_overdue else CountNotice.Stage.DUE,
    )
    if not is_new:
        return False
    start_count(seller_id=plan.seller_id, location_id=plan.location_id, scheduled=True)
    publish(
        CountDue(
            seller_id=plan.seller_id,
            location_id=plan.location_id,
            notice_id=notice.pk,
            overdue=plan.is_overdue,
        )
    )
    return True
