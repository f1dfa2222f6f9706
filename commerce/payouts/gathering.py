"""A payout run: from what is available to one payout per seller and currency."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel import actor, clock
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import share
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.payments import queries as payments
from commerce.sellers import queries as sellers

from . import periods
from .deducting import take_from_any
from .models import Earning, Payout, PayoutTerms
from .terms import terms_of
from .types import Terms

log = structlog.get_logger(__name__)


@transaction.atomic
def run(*, period: str, seller_ids: Iterable[int] | None = None, least: bool = False) -> list[int]:
    """Gather what is available into one payout per seller and currency; returns their ids.

    Open deductions are taken off first, and what is left of them is carried. A
    period is paid once, whoever asks and however often. Sellers who cannot be paid
    out, whose ledger account does not cover the sum, or, with `least`, whose sum
    is below the agreed minimum, are passed over and keep their earnings; so are
    the earnings of orders whose payment is disputed.
    """
    actor.tell_database(cause=f"payout run {period}")
    shares: dict[tuple[int, str], list[Earning]] = defaultdict(list)
    for earning in _waiting(seller_ids):
        shares[earning.seller_id, earning.currency].append(earning)
    ids = {seller_id for seller_id, _ in shares}
    payable, terms = _payable(ids), terms_of(seller_ids=ids)
    made = []
    for (seller_id, currency), earnings in sorted(shares.items()):
        take_from_any(earnings, seller_id=seller_id, currency=currency)
        if seller_id not in payable:
            continue
        payout_id = _pay(seller_id, currency, period, earnings, terms[seller_id], least=least)
        if payout_id is not None:
            made.append(payout_id)
    return made


@transaction.atomic
def run_now(*, seller_ids: Iterable[int] | None = None) -> list[int]:
    """Pay out at once what is available, beside the schedule; returns the payouts' ids."""
    serial = 1 + Payout.objects.filter(period__startswith=f"{periods.today()} extra ").count()
    return run(period=f"{periods.today()} extra {serial}", seller_ids=seller_ids)


def run_schedule() -> list[int]:
    """Pay every seller the period that their terms name; returns the payouts' ids."""
    waiting = set(
        Earning.objects.filter(payout=None, available_at__lte=Now(), net_minor__gt=0).values_list(
            "seller_id", flat=True
        )
    )
    by_schedule: dict[str, list[int]] = defaultdict(list)
    for seller_id, terms in terms_of(seller_ids=waiting).items():
        by_schedule[terms.schedule].append(seller_id)
    made = []
    for schedule in PayoutTerms.Schedule.values:
        ids = by_schedule.get(schedule)
        if ids:
            made += run(period=periods.current(schedule), seller_ids=ids, least=True)
    return made


def _waiting(seller_ids: Iterable[int] | None) -> list[Earning]:
    """Lock what may be paid now, in one order for everybody."""
    rows = Earning.objects.select_for_update().filter(
        Q(retry_at=None) | Q(retry_at__lte=Now()),
        payout=None,
        available_at__lte=Now(),
        net_minor__gt=0,
    )
    if seller_ids is not None:
        rows = rows.filter(seller_id__in=set(seller_ids))
    found = list(rows.order_by("pk"))
    failpoint("payout_after_lock")
    disputed = _disputed(found)
    return [earning for earning in found if earning.seller_order_id not in disputed]


def _disputed(earnings: list[Earning]) -> set[int | None]:
    """Return the parts whose payment is questioned, though the news may not have come yet."""
    ids = {earning.seller_order_id for earning in earnings} - {None}
    parts = orders.seller_orders_by_id(seller_order_ids=[each for each in ids if each]).values()
    stopped = payments.open_disputes(order_tokens=[part.order_token for part in parts])
    return {part.id for part in parts if part.order_token in stopped}


def _payable(seller_ids: set[int]) -> set[int]:
    found, now = sellers.sellers(seller_ids=seller_ids).values(), clock.now()
    return {
        seller.id
        for seller in found
        if seller.payouts_enabled
        and seller.stripe_account_id
        and seller.is_active
        and not (seller.payouts_paused_until and seller.payouts_paused_until > now)
    }


def _pay(
    seller_id: int,
    currency: str,
    period: str,
    earnings: list[Earning],
    terms: Terms,
    *,
    least: bool,
) -> int | None:
    left = [earning for earning in earnings if earning.net_minor > 0]
    kept = _to_keep_back(left, terms)
    total = sum(earning.net_minor for earning in left) - sum(kept.values())
    # The minimum was agreed in the base currency; where little is sold nothing waits for it.
    minimum = terms.minimum_minor if currency == settings.BASE_CURRENCY else 0
    if total <= 0 or (least and total < minimum):
        return None
    if not _covered(seller_id, currency, total):
        return None
    paid = [earning for earning in left if earning.net_minor > kept.get(earning.pk, 0)]
    return _gather(seller_id, currency, period, paid, total, kept=kept, terms=terms)


def _to_keep_back(earnings: list[Earning], terms: Terms) -> dict[int, int]:
    """Return what is kept in reserve, by earning: a share of each sale, once, never all of it."""
    if not terms.reserve_bps:
        return {}
    kept = {
        earning.pk: min(
            share(earning.net_minor, basis_points=terms.reserve_bps), earning.net_minor - 1
        )
        for earning in earnings
        if earning.kind == Earning.Kind.SALE and not earning.reserved_minor
    }
    return {pk: amount for pk, amount in kept.items() if amount > 0}


def _covered(seller_id: int, currency: str, wanted: int) -> bool:
    """Never promise more than the ledger owes, less what was promised and not transferred yet."""
    owed = -ledger.balance(code=f"payable:{seller_id}", currency=currency)
    promised: int = sum(
        Earning.objects.filter(
            seller_id=seller_id, currency=currency, payout__isnull=False, provider_transfer=None
        ).values_list("net_minor", flat=True)
    )
    if promised + wanted > owed:
        log.error("payout.not_covered", seller_id=seller_id, owed=owed, wanted=promised + wanted)
    return promised + wanted <= owed


def _gather(
    seller_id: int,
    currency: str,
    period: str,
    earnings: list[Earning],
    total: int,
    *,
    kept: dict[int, int],
    terms: Terms,
) -> int | None:
    try:
        with transaction.atomic():
            payout = Payout.objects.create(
                seller_id=seller_id, currency=currency, period=period, amount_minor=total
            )
    except IntegrityError:
        return None  # this period was paid before
    for earning in earnings:
        if earning.pk in kept:
            _keep_back(earning, kept[earning.pk], days=terms.reserve_days)
    Earning.objects.filter(pk__in=[earning.pk for earning in earnings]).update(
        payout=payout, retry_at=None, refused_because=""
    )
    return payout.pk


def _keep_back(earning: Earning, amount_minor: int, *, days: int) -> None:
    Earning.objects.filter(pk=earning.pk).update(reserved_minor=amount_minor)
    Earning.objects.create(
        kind=Earning.Kind.RESERVE,
        business_key=f"reserve:{earning.pk}",
        seller_id=earning.seller_id,
        seller_order_id=earning.seller_order_id,
        currency=earning.currency,
        amount_minor=amount_minor,
        charge=earning.charge,
        available_at=Now() + timedelta(days=days),
    )
