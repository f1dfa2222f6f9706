from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now

from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.sellers import queries as sellers

from . import statements
from .featuring import featured_offer, featured_products, featured_runs
from .income import income
from .models import Deduction, Earning, Payout
from .terms import common_terms, terms_of
from .types import EarningData, PayoutData, Statement, Summary

__all__ = [
    "common_terms",
    "featured_offer",
    "featured_products",
    "featured_runs",
    "income",
    "terms_of",
]


def due_payouts(*, limit: int) -> list[int]:
    """Return payouts that are to be sent, continued or tried again, longest due first."""
    return list(
        Payout.objects.filter(due_at__lte=Now())
        .exclude(state=Payout.State.SENT)
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )


def payouts(*, payout_ids: Iterable[int]) -> dict[int, PayoutData]:
    """Return payouts by id."""
    return {data.id: data for data in _payouts(Q(pk__in=set(payout_ids)))}


def payouts_of(*, seller_id: int, limit: int = 50, offset: int = 0) -> list[PayoutData]:
    """Return a seller's payouts, newest first."""
    return _payouts(Q(seller_id=seller_id), slice(offset, offset + limit))


def was_repeated(*, key: str) -> bool:
    """Whether a payout has moved on to another key since it was asked for under this one."""
    _, payout_id, refusals = (*key.split(":"), "0")[:3]
    return Payout.objects.filter(pk=int(payout_id), refusals__gt=int(refusals)).exists()


def _payouts(condition: Q, some: slice = slice(None)) -> list[PayoutData]:
    rows = (
        Payout.objects.filter(condition)
        .annotate(orders=Count("earnings"))
        .order_by("-created_at", "-pk")[some]
    )
    return [
        PayoutData(
            id=row.pk,
            seller_id=row.seller_id,
            period=row.period,
            amount=Money(row.amount_minor, row.currency),
            state=row.state,
            orders=row.orders,
            created_at=row.created_at,
            sent_at=row.sent_at,
            arrived_at=row.arrived_at,
            attempts=row.attempts,
            last_error=row.last_error,
        )
        for row in rows
    ]


def earnings_of(*, seller_order_ids: Iterable[int]) -> dict[int, EarningData]:
    """Return what sellers earned with seller orders, by seller order."""
    rows = Earning.objects.filter(
        kind=Earning.Kind.SALE, seller_order_id__in=set(seller_order_ids)
    ).annotate(is_held=Q(available_at__gt=Now()))
    return {
        row.seller_order_id or 0: EarningData(
            id=row.pk,
            seller_id=row.seller_id,
            seller_order_id=row.seller_order_id or 0,
            amount=Money(row.amount_minor, row.currency),
            net=Money(row.net_minor, row.currency),
            available_at=row.available_at,
            is_held=bool(row.is_held),
            payout_id=row.payout_id,
            is_transferred=row.provider_transfer is not None,
        )
        for row in rows
    }


def currencies_of(*, seller_id: int) -> list[str]:
    """Return the currencies a seller's account ever moved in, the base currency first always."""
    moved = ledger.currencies_of(code=f"payable:{seller_id}")
    base: str = settings.BASE_CURRENCY
    return [base, *sorted(moved - {base})]


def summaries(*, seller_id: int) -> list[Summary]:
    """Return where a seller's money is, in each currency there is any."""
    return [
        summary(seller_id=seller_id, currency=each) for each in currencies_of(seller_id=seller_id)
    ]


def summary(*, seller_id: int, currency: str) -> Summary:
    """Return where a seller's money is: owed by the ledger, and how far each share has come."""
    totals = Earning.objects.filter(seller_id=seller_id, currency=currency).aggregate(
        pending=Sum(
            "net_minor",
            filter=Q(payout=None) & (Q(available_at=None) | Q(available_at__gt=Now())),
        ),
        reserved=Sum(
            "net_minor",
            filter=Q(payout=None, kind=Earning.Kind.RESERVE, available_at__gt=Now()),
        ),
        available=Sum("net_minor", filter=Q(payout=None, available_at__lte=Now())),
        sent=Sum("net_minor", filter=Q(payout__state=Payout.State.SENT)),
        under_way=Sum(
            "net_minor", filter=Q(payout__isnull=False) & ~Q(payout__state=Payout.State.SENT)
        ),
    )
    deductions = Deduction.objects.filter(seller_id=seller_id, currency=currency).aggregate(
        open=Sum("open_minor")
    )
    owed = -ledger.balance(code=f"payable:{seller_id}", currency=currency)
    last = _payouts(Q(seller_id=seller_id, currency=currency), slice(1))
    return Summary(
        seller_id=seller_id,
        owed=Money(owed, currency),
        pending=Money((totals["pending"] or 0) - (totals["reserved"] or 0), currency),
        reserved=Money(totals["reserved"] or 0, currency),
        deductions=Money(deductions["open"] or 0, currency),
        available=Money(totals["available"] or 0, currency),
        under_way=Money(totals["under_way"] or 0, currency),
        sent=Money(totals["sent"] or 0, currency),
        hold=_hold(seller_id),
        last=last[0] if last else None,
    )


def _hold(seller_id: int) -> str:
    """Say why a seller is not paid at the moment, or nothing."""
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    if not seller.is_active:
        return "The shop is suspended. Earnings are kept until it is reinstated."
    if not seller.stripe_account_id:
        return "Connect a bank account to be paid."
    if not seller.payouts_enabled:
        return "The payment provider needs more details before it can pay you."
    if seller.payouts_paused_until and seller.payouts_paused_until > clock.now():
        return (
            "Payouts pause until "
            f"{seller.payouts_paused_until:%-d %B %Y, %H:%M} UTC because the bank details changed."
        )
    return ""


def statement(*, seller_id: int, currency: str, since: datetime, until: datetime) -> Statement:
    """Return a seller's account from a moment up to, not including, another.

    It is read from the ledger, so opening, lines and closing agree with it.
    """
    return statements.build(seller_id=seller_id, currency=currency, since=since, until=until)
