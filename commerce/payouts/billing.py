"""What sellers pay the marketplace beside the commission, taken from what they are paid."""

from datetime import datetime

from django.db import transaction

from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.sellers import operations as seller_operations
from commerce.sellers import queries as sellers
from commerce.sellers.types import SubscriptionData

from .crediting import give_back
from .deducting import deduct


def bill_subscriptions(*, limit: int = 200) -> int:
    """Charge the next month of every plan that is due; returns how many were charged.

    A month is charged once, whoever asks and however often. A plan that was not
    billed for long, because nobody was there to do it, is charged month by month.
    """
    due = sellers.subscriptions_due(limit=limit)
    return sum(_bill(subscription) for subscription in due)


@unconfined()  # the price is the marketplace's to set
@transaction.atomic
def choose_plan(*, seller_id: int, plan_code: str) -> None:
    """Put a seller on a plan from now on and charge its first month at once.

    Nobody sells on a plan's terms for an hour and leaves before it is billed.
    Choosing the same plan again changes nothing. Raises sellers' NotOffered.
    """
    seller_operations.subscribe(seller_id=seller_id, plan_code=plan_code)
    chosen = sellers.subscription_of(seller_id=seller_id)
    if chosen is not None and chosen.monthly and chosen.paid_until <= clock.now():
        _bill(chosen)


@transaction.atomic
def _bill(subscription: SubscriptionData) -> bool:
    until = next_month(subscription.paid_until, day=subscription.started_at.day)
    if not seller_operations.record_paid(subscription_id=subscription.id, until=until):
        return False
    return charge(
        seller_id=subscription.seller_id,
        kind="subscription",
        income="subscriptions",
        amount=subscription.monthly,
        business_key=f"subscription:{subscription.id}:{subscription.paid_until:%Y-%m-%d}",
        memo=f"{subscription.plan.name}, from {subscription.paid_until:%-d %B %Y}",
    )


def next_month(moment: datetime, *, day: int) -> datetime:
    """Return the same day of the next month, or its last day when it has no such day."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    while True:
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1


@transaction.atomic
def charge(
    *,
    seller_id: int,
    kind: str,
    income: str,
    amount: Money,
    business_key: str,
    memo: str,
    seller_order_id: int | None = None,
) -> bool:
    """Take a fee from what a seller is owed and book it as income, once per business key."""
    booked = ledger.post(
        business_key=business_key,
        kind=kind,
        entries={f"payable:{seller_id}": amount.minor, income: -amount.minor},
        currency=amount.currency,
        memo=memo,
    )
    return booked and deduct(
        seller_id=seller_id,
        kind=kind,
        amount=amount,
        business_key=business_key,
        memo=memo,
        seller_order_id=seller_order_id,
    )


@transaction.atomic
def correct(*, seller_id: int, amount: Money, reason: str, reference: str) -> bool:
    """Give a seller money, or with a negative amount take it back, borne by the marketplace.

    Once per reference. Raises ValueError for no amount.
    """
    key, now = f"correction:{seller_id}:{reference}", clock.now()
    memo = f"{reason} ({now:%Y-%m-%d})"[:200]
    if amount.minor < 0:
        return charge(
            seller_id=seller_id,
            kind="correction",
            income="losses",
            amount=-amount,
            business_key=key,
            memo=memo,
        )
    if not amount.minor:
        raise ValueError("a correction moves something")
    booked = ledger.post(
        business_key=key,
        kind="correction",
        entries={f"payable:{seller_id}": -amount.minor, "losses": amount.minor},
        currency=amount.currency,
        memo=memo,
    )
    return booked and give_back(seller_id=seller_id, amount=amount, business_key=key)
