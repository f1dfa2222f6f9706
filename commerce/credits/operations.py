"""Issuing, taking, giving back. Each is one guarded update; none reads a balance to decide."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now

from commerce.kernel import actor
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .codes import new_seed
from .events import CreditIssued
from .models import ACCOUNTS, Credit, Spend
from .purchased import (
    BoughtCard,
    CardInUse,
    NothingToVoid,
    block,
    code_fields,
    is_doubted,
    new_code,
    take_back,
    take_back_spent,
)
from .types import CreditUse

__all__ = [
    "BoughtCard",
    "CardInUse",
    "CreditShort",
    "NothingToVoid",
    "block",
    "expire",
    "hold",
    "issue",
    "lock_spends",
    "new_code",
    "release",
    "spend",
    "take_back",
    "take_back_spent",
    "void",
]

EXPIRED = "giftcards:expired"
# What comes back to a credit that is about to expire, or has, can be used for a while.
GRACE = timedelta(days=30)


class CreditShort(Exception):
    """A card or credit no longer holds what was to be taken."""


@transaction.atomic
def issue(
    *,
    kind: str,
    amount: Money,
    business_key: str,
    reason: str,
    paid_by: str,
    source: str = Credit.Source.STAFF.value,
    user_id: int | None = None,
    email: str = "",
    order_token: str = "",
    valid_from: datetime | None = None,
) -> int:
    """Give somebody a gift card or store credit, once per business key; returns its id.

    `paid_by` is the ledger account that bears it: "losses" for goodwill,
    "refunds:owed" for money that goes back. Whoever is named is told by mail. The
    years in which it can be used begin later with `valid_from`.
    """
    known = Credit.objects.filter(business_key=business_key).values_list("pk", flat=True).first()
    if known is not None:
        return known
    credit = Credit.objects.create(
        kind=kind,
        source=source,
        business_key=business_key,
        currency=amount.currency,
        issued_minor=amount.minor,
        balance_minor=amount.minor,
        user_id=user_id,
        email=email,
        order_token=order_token,
        reason=reason[:200],
        issued_by=actor.current()[:80],
        expires_at=(valid_from or Now()) + timedelta(days=settings.CREDIT_VALID_DAYS),
        blocked_at=Now() if order_token and is_doubted(order_token=order_token) else None,
        **(code_fields(new_seed()) if kind == Credit.Kind.GIFT_CARD else {}),
    )
    ledger.post(
        business_key=f"credit-issued:{credit.pk}",
        kind="credit issued",
        entries={paid_by: amount.minor, ACCOUNTS[kind]: -amount.minor},
        currency=amount.currency,
        memo=reason,
    )
    publish(CreditIssued(credit_id=credit.pk))
    return credit.pk


def hold(*, order_token: str, uses: Sequence[CreditUse]) -> None:
    """Take what an order uses from its credits until it is confirmed or given up.

    Runs in the placing transaction, after the stock rows. Raises CreditShort when
    one holds less than that, is void or has expired; then nothing may be placed.
    """
    for use in sorted(uses, key=lambda use: use.credit_id):
        changed = Credit.objects.filter(
            pk=use.credit_id,
            balance_minor__gte=use.amount.minor,
            currency=use.amount.currency,
            expires_at__gt=Now(),
            voided_at=None,
            blocked_at=None,
        ).update(
            balance_minor=F("balance_minor") - use.amount.minor,
            spent_minor=F("spent_minor") + use.amount.minor,
        )
        if not changed:
            raise CreditShort
        Spend.objects.create(
            credit_id=use.credit_id, order_token=order_token, amount_minor=use.amount.minor
        )


def spend(*, order_token: str) -> dict[str, int]:
    """Make what an order holds its payment; returns the amounts by ledger account, as debits.

    Runs in the transaction that confirms the order and books it.
    """
    held = list(
        Spend.objects.select_for_update(of=("self",))
        .filter(order_token=order_token, state=Spend.State.HELD)
        .select_related("credit")
        .order_by("credit_id")
    )
    Spend.objects.filter(pk__in=[each.pk for each in held]).update(state=Spend.State.SPENT)
    debits: dict[str, int] = {}
    for each in held:
        code = ACCOUNTS[each.credit.kind]
        debits[code] = debits.get(code, 0) + each.amount_minor
    return debits


def lock_spends(*, order_token: str) -> None:
    """Let nobody else decide about the money of an order that credit paid, until the commit."""
    spends = Spend.objects.select_for_update().filter(order_token=order_token).order_by("credit_id")
    list(spends.values_list("pk"))


@transaction.atomic
def release(*, order_token: str) -> int:
    """Put back what an order held that was given up; returns how much, in minor units."""
    held = list(
        Spend.objects.select_for_update()
        .filter(order_token=order_token, state=Spend.State.HELD)
        .order_by("credit_id")
    )
    for each in held:
        Credit.objects.filter(pk=each.credit_id).update(
            balance_minor=F("balance_minor") + each.amount_minor,
            spent_minor=F("spent_minor") - each.amount_minor,
            expires_at=Greatest(F("expires_at"), Now() + GRACE),
        )
    Spend.objects.filter(pk__in=[each.pk for each in held]).update(state=Spend.State.RELEASED)
    return sum(each.amount_minor for each in held)


@transaction.atomic
def void(*, credit_id: int, reason: str) -> None:
    """Take away what is left of a credit, as a loss that was not.

    Raises NothingToVoid, and BoughtCard when it was paid for: that is somebody's money.
    """
    credit = Credit.objects.select_for_update().get(pk=credit_id)
    if credit.source == Credit.Source.PURCHASE:
        raise BoughtCard
    if credit.voided_at is not None or not credit.balance_minor:
        raise NothingToVoid
    _expire(credit, kind="credit voided", memo=reason)
    Credit.objects.filter(pk=credit_id).update(
        voided_at=Now(), void_reason=reason[:200], voided_by=actor.current()[:80]
    )


def expire(*, limit: int = 500) -> int:
    """Book what was not used in time as income; returns how many credits expired."""
    due = Credit.objects.filter(balance_minor__gt=0, expires_at__lte=Now()).order_by("pk")
    return sum(_expire_one(pk) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _expire_one(credit_id: int) -> bool:
    credit = (
        Credit.objects.select_for_update()
        .filter(pk=credit_id, balance_minor__gt=0, expires_at__lte=Now())
        .first()
    )
    if credit is None:
        return False
    _expire(credit, kind="credit expired", memo="not used in time")
    return True


def _expire(credit: Credit, *, kind: str, memo: str) -> None:
    """Empty a locked credit. It can happen again to what comes back to it later."""
    gone = credit.balance_minor
    Credit.objects.filter(pk=credit.pk).update(
        balance_minor=F("balance_minor") - gone, expired_minor=F("expired_minor") + gone
    )
    ledger.post(
        business_key=f"credit-expired:{credit.pk}:{credit.expired_minor + gone}",
        kind=kind,
        entries={ACCOUNTS[credit.kind]: gone, EXPIRED: -gone},
        currency=credit.currency,
        memo=memo,
    )
