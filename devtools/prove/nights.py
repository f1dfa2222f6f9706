"""Midnights at which calendars trip: nights of 23, 24 and 25 hours, and those around a leap day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# Zone, the midnight as staff type it, and the same moment in UTC as almanacs have it.
NIGHTS = (
    ("Europe/Berlin", "2027-03-28 00:00", "2027-03-27 23:00"),  # before an hour is left out
    ("Europe/Berlin", "2027-03-29 00:00", "2027-03-28 22:00"),  # 23 hours later
    ("Europe/Berlin", "2027-10-31 00:00", "2027-10-30 22:00"),
    ("Europe/Berlin", "2027-11-01 00:00", "2027-10-31 23:00"),  # 25 hours later
    ("America/New_York", "2027-03-15 00:00", "2027-03-15 04:00"),
    ("America/New_York", "2027-11-08 00:00", "2027-11-08 05:00"),
    ("UTC", "2028-02-29 00:00", "2028-02-29 00:00"),
    ("Europe/Berlin", "2028-03-01 00:00", "2028-02-29 23:00"),  # a leap day's end
    ("America/New_York", "2028-03-01 00:00", "2028-03-01 05:00"),
)
NEAR = timedelta(minutes=1)


def check() -> list[str]:
    """Returns what was wrong, each with its night."""
    return [problem for night in NIGHTS for problem in _one(*night)]


def _one(zone: str, typed: str, expected: str) -> list[str]:
    from django.db import transaction

    wanted = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    problems = []
    with transaction.atomic():
        ends_at = _enter(zone, typed)
        if ends_at != wanted:
            problems.append(f"midnight {typed} in {zone} was kept as {ends_at}, not {wanted}")
        for around, should in ((-NEAR, True), (NEAR, False)):
            if _is_on(wanted + around) is not should:
                problems.append(f"{typed} in {zone}: {around} from its end it is {not should}")
        transaction.set_rollback(True)
    return problems


def _enter(zone: str, typed: str) -> datetime | None:
    """Fill in the form of staff, in their zone."""
    from django.utils import timezone

    from cms.selling.promotion_forms import StaffPromotionForm
    from commerce.pricing import operations
    from commerce.pricing.models import Promotion

    values = {"label": "Night", "kind": "percentage", "percent": "10", "ends_at": typed}
    with timezone.override(ZoneInfo(zone)):
        form = StaffPromotionForm(values, seller_id=None)
        if not form.is_valid():
            raise ValueError(form.errors.as_json())
        promotion_id = operations.save_promotion(promotion=form.as_promotion())
    return Promotion.objects.get(pk=promotion_id).ends_at


def _is_on(moment: Any) -> bool:
    """Whether the shop takes it off when the database's clock says this moment."""
    from django.db import connection

    from commerce.pricing import statements

    asked: dict[str, Any] = {
        "user_id": None, "currency": "USD", "customer_key": "", "codes": [], "seller_ids": [],
        "country": "US", "region": "CA", "postal_code": "", "tax_classes": [], "engine": "",
    }  # fmt: skip
    then = statements.FACTS.replace("statement_timestamp()", f"timestamptz '{moment.isoformat()}'")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pricing_promotion SET starts_at = '2026-01-01' WHERE label='Night'")
        cursor.execute(then, asked)
        promotions = cursor.fetchone()[0]
    return "Night" in str(promotions)
