"""When and how much a seller is paid: what was agreed with the seller, else with everybody."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from commerce.kernel.confinement import unconfined

from .models import PayoutTerms
from .types import Terms

# What holds where nobody ever agreed on anything.
USUAL = Terms(
    schedule="daily", minimum_minor=0, hold_days=7, reserve_bps=0, reserve_days=90, is_own=False
)
LONGEST = timedelta(days=365)


class InvalidTerms(ValueError):
    """The terms cannot be kept; says what is wrong, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__("; ".join(errors.values()))


@unconfined()  # what holds for everybody is no seller's row
def terms_of(*, seller_ids: Iterable[int]) -> dict[int, Terms]:
    """Return each seller's terms: their own, else everybody's, else the usual ones."""
    wanted = set(seller_ids)
    rows = {
        row.seller_id: row
        for row in PayoutTerms.objects.filter(Q(seller_id__in=wanted) | Q(seller=None))
    }
    common = _terms(rows[None]) if None in rows else USUAL
    return {
        seller_id: _terms(rows[seller_id]) if seller_id in rows else common for seller_id in wanted
    }


def common_terms() -> Terms:
    """Return what holds for sellers without terms of their own."""
    row = PayoutTerms.objects.filter(seller=None).first()
    return _terms(row) if row else USUAL


@transaction.atomic
def agree_terms(
    *,
    seller_id: int | None,
    schedule: str,
    minimum_minor: int,
    hold_days: int,
    reserve_bps: int,
    reserve_days: int,
) -> None:
    """Agree with a seller, or with None for all others; orders delivered before keep theirs.

    Raises InvalidTerms.
    """
    errors = {}
    if schedule not in PayoutTerms.Schedule.values:
        errors["schedule"] = f"Choose one of {', '.join(PayoutTerms.Schedule.values)}."
    if not 0 <= hold_days <= LONGEST.days:
        errors["hold_days"] = "The hold lies between 0 and 365 days."
    if not 0 <= reserve_days <= LONGEST.days:
        errors["reserve_days"] = "The reserve is kept for 0 to 365 days."
    if not 0 <= reserve_bps <= 10_000:
        errors["reserve_bps"] = "The reserve is a share between 0 and 100 %."
    if not 0 <= minimum_minor <= 10**9:
        errors["minimum_minor"] = "The minimum is an amount from 0 up."
    if errors:
        raise InvalidTerms(errors)
    PayoutTerms.objects.bulk_create(
        [
            PayoutTerms(
                seller_id=seller_id,
                schedule=schedule,
                minimum_minor=minimum_minor,
                hold_days=hold_days,
                reserve_bps=reserve_bps,
                reserve_days=reserve_days,
            )
        ],
        update_conflicts=True,
        unique_fields=["seller"],
        update_fields=["schedule", "minimum_minor", "hold_days", "reserve_bps", "reserve_days"],
    )


def drop_terms(*, seller_id: int) -> None:
    """Let a seller fall back to everybody's terms; repeating it changes nothing."""
    PayoutTerms.objects.filter(seller_id=seller_id).delete()


def _terms(row: PayoutTerms) -> Terms:
    return Terms(
        schedule=row.schedule,
        minimum_minor=row.minimum_minor,
        hold_days=row.hold_days,
        reserve_bps=row.reserve_bps,
        reserve_days=row.reserve_days,
        is_own=row.seller_id is not None,
    )
