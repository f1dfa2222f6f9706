"""Mails to the marketplace's people about what failed: news alone, one an hour of each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from cms.selling.masking import without_keys
from commerce.giftcards.models import Purchase
from commerce.inventory import queries as inventory
from commerce.kernel import clock
from commerce.notifications import operations as notifications
from commerce.notifications.rendering import absolute
from commerce.payments.models import Payment, Refund
from commerce.payouts.models import Payout
from commerce.reconciling.models import Break
from commerce.returns import queries as returns
from commerce.returns.models import Case
from commerce.sellers import queries as sellers

from . import failures
from .models import Alarm

log = structlog.get_logger(__name__)

PAUSE = timedelta(hours=1)
SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Bell:
    """What is looked at, who hears of it, and where they see it."""

    kind: str
    right: str
    headline: str
    screen: str
    found: Callable[[], dict[str, str]]
    """What there is now: a key that names it for ever, and a line for the mail."""


def _short(reason: str) -> str:
    """Return why, as far as a mail may say it: whole keys are taken out before it is cut."""
    return without_keys(reason)[:120]


def _parked(name: str) -> Callable[[], dict[str, str]]:
    return lambda: {
        f"{each.id}": f"{each.what}, {each.below}: {_short(each.reason)}"
        for each in failures.KINDS[name].found()
    }


def _mails() -> dict[str, str]:
    """Stuck mails, without whom they are for, and without those that tell of stuck mails."""
    return {
        f"{each.id}": f"{each.what}: {_short(each.reason)}"
        for each in failures.KINDS["mail"].found()
        if each.what != "Work failed"
    }


def _payouts() -> dict[str, str]:
    rows = Payout.objects.filter(state=Payout.State.FAILED).select_related("seller")
    return {
        f"{row.pk}:{row.attempts}": f"{row.seller.name}, {row.period}: {_short(row.last_error)}"
        for row in rows.order_by("-pk")[: failures.AT_MOST]
    }


def _reviews() -> dict[str, str]:
    rows = Payment.objects.filter(state=Payment.State.REVIEW).order_by("-pk")
    return {
        f"{row.pk}": f"Payment {row.pk}: {_short(row.review_reason)}"
        for row in rows[: failures.AT_MOST]
    }


def _refunds() -> dict[str, str]:
    rows = Refund.objects.filter(state=Refund.State.FAILED).order_by("-pk")
    return {
        f"{row.pk}:{row.round}": f"Refund {row.pk}: {_short(row.last_error)}"
        for row in rows[: failures.AT_MOST]
    }


def _differences() -> dict[str, str]:
    rows = Break.objects.filter(resolved_at=None).order_by("-pk")
    return {
        f"{row.pk}:{row.found_at:%Y%m%d%H%M%S}": f"{row.get_kind_display()}: {_short(row.detail)}"
        for row in rows[: failures.AT_MOST]
    }


def _requests() -> dict[str, str]:
    rows = Case.objects.filter(state=Case.State.ESCALATED).order_by("-pk")
    return {
        f"{row.pk}:{row.version}": f"{row.get_kind_display()} {row.number}"
        for row in rows[: failures.AT_MOST]
    }


def _inaccurate() -> dict[str, str]:
    """Sellers whose counts found too little agreement; a count that finds otherwise is news."""
    low = {pk: found for pk, found in inventory.accuracy().items() if found.is_low}
    names = sellers.sellers(seller_ids=low)
    return {
        f"{pk}:{found.accuracy}": f"{names[pk].name}: {found.text} of the units were as recorded"
        for pk, found in sorted(low.items())
    }


def _reported() -> dict[str, str]:
    rows = Purchase.objects.exclude(reported_at=None).order_by("-reported_at")
    return {f"{row.pk}": f"Gift card {row}" for row in rows[: failures.AT_MOST]}


def _replacements() -> dict[str, str]:
    return {f"{pk}": f"Replacement of {number}" for pk, number in returns.overdue_replacements()}


BELLS = [
    Bell(
        kind="fact", right="repair_work", headline="Facts were not heard",
        screen="backoffice:failures", found=_parked("fact"),
    ),
    Bell(
        kind="mail", right="repair_work", headline="Mails could not be sent",
        screen="backoffice:failures", found=_mails,
    ),
    Bell(
        kind="notice", right="repair_work", headline="Notices of the provider failed",
        screen="backoffice:failures", found=_parked("notice"),
    ),
    Bell(
        kind="export", right="repair_work", headline="Exports were not made",
        screen="backoffice:failures", found=_parked("export"),
    ),
    Bell(
        kind="payout", right="manage_payouts", headline="A payout failed",
        screen="backoffice:payouts", found=_payouts,
    ),
    Bell(
        kind="review", right="review_payments", headline="Payments are not what was asked for",
        screen="backoffice:payments", found=_reviews,
    ),
    Bell(
        kind="refund", right="review_payments", headline="A refund failed",
        screen="backoffice:payments", found=_refunds,
    ),
    Bell(
        kind="difference", right="review_payments", headline="Money differs from the provider's",
        screen="backoffice:breaks", found=_differences,
    ),
    Bell(
        kind="request", right="decide_requests", headline="Requests wait for a decision",
        screen="backoffice:requests", found=_requests,
    ),
    Bell(
        kind="replacement", right="decide_requests", headline="Replacements were not sent",
        screen="backoffice:requests", found=_replacements,
    ),
    Bell(
        kind="stock", right="manage_sellers", headline="Stock differs from what is recorded",
        screen="backoffice:sellers", found=_inaccurate,
    ),
    Bell(
        kind="gift", right="manage_credits", headline="The mail of a gift card was reported",
        screen="backoffice:gifts", found=_reported,
    ),
]  # fmt: skip


def ring() -> int:
    """Tell staff what failed since they were told last; returns of how many kinds."""
    rung = 0
    for bell in BELLS:
        try:
            rung += tell(bell, bell.found())
        except Exception as error:
            log.error("alarm.failed", kind=bell.kind, error=repr(error))
    return rung


def tell_of_invariants(broken: Sequence[str]) -> None:
    """Tell staff which rules do not hold, when others did not the last time."""
    bell = Bell(
        kind="invariant",
        right="check_invariants",
        headline="What must always hold does not",
        screen="backoffice:invariants",
        found=dict,
    )
    tell(bell, {rule: rule for rule in broken})


@transaction.atomic
def tell(bell: Bell, now: dict[str, str]) -> bool:
    """Mail whoever has the right what is new, unless they had a mail within the hour.

    What is new then is told with the next one. Returns whether there was a mail.
    """
    Alarm.objects.get_or_create(kind=bell.kind)
    alarm = Alarm.objects.select_for_update().get(kind=bell.kind)
    known = set(alarm.known)
    news = [line for key, line in now.items() if key not in known]
    at = clock.now()
    silent = alarm.mailed_at is not None and at - alarm.mailed_at < PAUSE
    if not news or silent:
        alarm.known = sorted(known & set(now))
        alarm.save(update_fields=["known"])
        return False
    log.error("work.failed", kind=bell.kind, count=len(news))
    for user_id, email in _people(bell.right):
        notifications.send(
            key=f"alarm:{bell.kind}:{at:%Y%m%d%H%M%S%f}:{user_id}",
            kind="work_failed",
            recipient=email,
            subject=bell.headline,
            context={
                "headline": bell.headline,
                "lines": news[:SHOWN],
                "more": max(len(news) - SHOWN, 0),
                "link": absolute(reverse(bell.screen)),
            },
        )
    alarm.known, alarm.mailed_at = sorted(now), at
    alarm.save(update_fields=["known", "mailed_at"])
    return True


def _people(right: str) -> list[tuple[int, str]]:
    """Return who has a right: by a group, by themselves, or because they have all."""
    rights = Permission.objects.filter(codename=right, content_type__app_label="backoffice")
    has = Q(groups__permissions__in=rights) | Q(user_permissions__in=rights)
    rows = get_user_model().objects.filter(has | Q(is_superuser=True), is_active=True)
    return list(rows.order_by("pk").distinct().values_list("pk", "email"))
