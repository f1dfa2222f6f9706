"""Plans that sellers subscribe to, and the commissions that staff set by rule."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel import actor, clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money

from .models import CommissionRule, Plan, Seller, Subscription
from .opening import InvalidRate


class NotOffered(LookupError):
    """There is no such plan to choose."""

    def __init__(self) -> None:
        super().__init__("This plan cannot be chosen. Reload the page to see today's plans.")


@unconfined()  # the price is the marketplace's to set
@transaction.atomic
def subscribe(*, seller_id: int, plan_code: str) -> int | None:
    """Put a seller on a plan from now on, at today's price; the old plan ends at once.

    What was paid for stays paid. Choosing the same plan again changes nothing, and
    one that was left and is paid for still goes on. Returns the subscription's id.
    Raises NotOffered.
    """
    Seller.objects.select_for_update().get(pk=seller_id)
    plan = Plan.objects.filter(code=plan_code, is_offered=True).first()
    if plan is None:
        raise NotOffered
    running = Subscription.objects.filter(seller_id=seller_id, ends_at=None).first()
    if running is not None and running.plan_id == plan.pk:
        return running.pk
    ending = Subscription.objects.filter(
        seller_id=seller_id, plan=plan, monthly_minor=plan.monthly_minor, ends_at__gt=Now()
    ).first()
    if running is None and ending is not None:
        Subscription.objects.filter(pk=ending.pk).update(ends_at=None)
        return ending.pk
    _end(seller_id)
    return Subscription.objects.create(
        seller_id=seller_id,
        plan=plan,
        currency=plan.currency,
        monthly_minor=plan.monthly_minor,
    ).pk


@unconfined()
@transaction.atomic
def unsubscribe(*, seller_id: int) -> None:
    """End a seller's plan when the month that was paid for is over."""
    Seller.objects.select_for_update().get(pk=seller_id)
    for running in Subscription.objects.filter(seller_id=seller_id, ends_at=None):
        ends_at = max(running.paid_until, clock.now())
        Subscription.objects.filter(pk=running.pk).update(ends_at=ends_at)


def _end(seller_id: int) -> None:
    now = Now()
    Subscription.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), seller_id=seller_id).update(
        ends_at=now
    )


@transaction.atomic
def add_commission_rule(
    *,
    label: str,
    rate_bps: int,
    seller_id: int | None = None,
    plan_code: str = "",
    category_key: UUID | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> int:
    """Set a rate for a plan, a category or a seller; returns the rule's id.

    What was sold keeps its rate. Raises InvalidRate and NotOffered.
    """
    now = clock.now()
    if not 0 <= rate_bps <= 10_000:
        raise InvalidRate(f"A commission lies between 0 and 100 %, not at {rate_bps / 100} %.")
    if seller_id is not None and plan_code:
        raise InvalidRate("A rule is for one seller or for a plan, not for both.")
    if seller_id is None and not plan_code and category_key is None:
        raise InvalidRate("Say which seller, plan or category the rate is for.")
    if valid_from is not None and valid_from < now:
        raise InvalidRate("A commission cannot be set for the past.")
    if valid_until is not None and valid_until <= (valid_from or now):
        raise InvalidRate("The rule would end before it begins.")
    plan = Plan.objects.filter(code=plan_code).first() if plan_code else None
    if plan_code and plan is None:
        raise NotOffered
    return CommissionRule.objects.create(
        seller_id=seller_id,
        plan=plan,
        category_key=category_key,
        label=label.strip()[:80] or "rule",
        rate_bps=rate_bps,
        valid_from=valid_from or now,
        valid_until=valid_until,
        made_by=actor.current()[:80],
    ).pk


@transaction.atomic
def end_commission_rule(*, rule_id: int) -> None:
    """Let a rule end now, or never begin; repeating it changes nothing."""
    rule = CommissionRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        return
    now = clock.now()
    if rule.valid_from >= now:
        rule.delete()
    elif rule.valid_until is None or rule.valid_until > now:
        rule.valid_until = now
        rule.save(update_fields=["valid_until"])


@transaction.atomic
def record_paid(*, subscription_id: int, until: datetime) -> bool:
    """Note that a plan is paid up to a moment; False when it was known or has ended."""
    changed = Subscription.objects.filter(
        pk=subscription_id, ends_at=None, paid_until__lt=until
    ).update(paid_until=until)
    return changed == 1


@transaction.atomic
def offer_plan(
    *, code: str, name: str, monthly: Money, description: str = "", is_offered: bool = True
) -> None:
    """Make or change a plan; who is on it keeps the price that was agreed."""
    Plan.objects.update_or_create(
        code=code,
        defaults={
            "name": name.strip()[:60],
            "description": description.strip()[:300],
            "currency": monthly.currency,
            "monthly_minor": monthly.minor,
            "is_offered": is_offered,
        },
    )
