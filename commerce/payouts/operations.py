from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.gateways.payments import get_payment_gateway
from commerce.kernel import actor
from commerce.kernel.failpoints import failpoint
from commerce.ledger import queries as ledger
from commerce.orders import queries as orders
from commerce.outbox.bus import publish
from commerce.payments import queries as payments
from commerce.sellers import operations as seller_operations
from commerce.sellers import queries as sellers

from .events import PayoutFailed
from .models import Earning, Payout
from .periods import today
from .sending import send

__all__ = ["send"]

log = structlog.get_logger(__name__)

HOLD = timedelta(days=0)
"""How long after delivery the money waits, such as a return window."""


class NotPaid(LookupError):
    """The order is confirmed but no captured payment is known."""


class NotFailed(ValueError):
    """The payout did not fail, so there is nothing to try again."""


class SellerMissing(LookupError):
    """There is no such seller."""


@transaction.atomic
def credit_order(*, order_id: int) -> int:
    """Set each seller's share of a confirmed order aside; returns how many were new.

    Repeating it changes nothing. Raises NotPaid.
    """
    parts = orders.seller_orders_of(order_ids=[order_id]).get(order_id, [])
    owed = [part for part in parts if part.confirmed_at is not None and part.earning]
    if not owed:
        return 0
    known = set(
        Earning.objects.filter(seller_order__in=[part.id for part in owed]).values_list(
            "seller_order_id", flat=True
        )
    )
    fresh = [part for part in owed if part.id not in known]
    if not fresh:
        return 0
    token = fresh[0].order_token
    charge = payments.charges_of(order_tokens=[token]).get(token)
    if charge is None:
        raise NotPaid(order_id)
    Earning.objects.bulk_create(
        [
            Earning(
                seller_id=part.seller_id,
                seller_order_id=part.id,
                currency=part.earning.currency,
                amount_minor=part.earning.minor,
                charge=charge,
            )
            for part in fresh
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


@transaction.atomic
def release_earning(*, seller_order_id: int) -> None:
    """Make a delivered part's earning available after the hold; repeating it changes nothing.

    Sets the earning aside first when the news of the sale is still under way.
    """
    part = orders.seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    if part.delivered_at is None:
        return
    credit_order(order_id=part.order_id)
    Earning.objects.filter(seller_order_id=seller_order_id, available_at=None).update(
        available_at=part.delivered_at + HOLD
    )


@transaction.atomic
def run(*, period: str, seller_ids: Iterable[int] | None = None) -> list[int]:
    """Gather what is available into one payout per seller and currency; returns their ids.

    A period is paid once, whoever asks and however often. Sellers who cannot
    be paid out, or whose ledger account does not cover the sum, are passed
    over and keep their earnings.
    """
    actor.tell_database(cause=f"payout run {period}")
    waiting = Earning.objects.select_for_update().filter(
        payout=None, available_at__lte=Now(), amount_minor__gt=0
    )
    if seller_ids is not None:
        waiting = waiting.filter(seller_id__in=set(seller_ids))
    shares: dict[tuple[int, str], list[Earning]] = defaultdict(list)
    for earning in waiting.order_by("pk"):
        shares[earning.seller_id, earning.currency].append(earning)
    failpoint("payout_after_lock")
    payable = _payable({seller_id for seller_id, _ in shares})
    made = []
    for (seller_id, currency), earnings in sorted(shares.items()):
        if seller_id in payable and _covered(seller_id, currency, earnings):
            payout_id = _gather(seller_id, currency, period, earnings)
            if payout_id is not None:
                made.append(payout_id)
    return made


def _payable(seller_ids: set[int]) -> set[int]:
    found = sellers.sellers(seller_ids=seller_ids).values()
    return {
        seller.id
        for seller in found
        if seller.payouts_enabled and seller.stripe_account_id and seller.is_active
    }


def _covered(seller_id: int, currency: str, earnings: list[Earning]) -> bool:
    """Never promise more than the ledger owes, less what was promised and not transferred yet."""
    owed = -ledger.balance(code=f"payable:{seller_id}", currency=currency)
    promised = Earning.objects.filter(
        seller_id=seller_id, currency=currency, payout__isnull=False, provider_transfer=None
    ).values_list("amount_minor", flat=True)
    wanted = sum(promised) + sum(earning.amount_minor for earning in earnings)
    if wanted > owed:
        log.error("payout.not_covered", seller_id=seller_id, owed=owed, wanted=wanted)
    return wanted <= owed


def _gather(seller_id: int, currency: str, period: str, earnings: list[Earning]) -> int | None:
    try:
        with transaction.atomic():
            payout = Payout.objects.create(
                seller_id=seller_id,
                currency=currency,
                period=period,
                amount_minor=sum(earning.amount_minor for earning in earnings),
            )
    except IntegrityError:
        return None  # this period was paid before
    Earning.objects.filter(pk__in=[earning.pk for earning in earnings]).update(payout=payout)
    return payout.pk


@transaction.atomic
def run_now(*, seller_ids: Iterable[int] | None = None) -> list[int]:
    """Pay out at once what is available, beside the schedule; returns the payouts' ids."""
    serial = 1 + Payout.objects.filter(period__startswith=f"{today()} extra ").count()
    return run(period=f"{today()} extra {serial}", seller_ids=seller_ids)


@transaction.atomic
def retry(*, payout_id: int) -> None:
    """Try a failed payout again at once. Raises NotFailed."""
    changed = Payout.objects.filter(pk=payout_id, state=Payout.State.FAILED).update(due_at=Now())
    if not changed:
        raise NotFailed(payout_id)


@transaction.atomic
def record_payout_result(*, provider_payout: str, state: str, failure_code: str = "") -> bool:
    """Record what the bank made of a payout that was sent; returns False when it is not ours.

    Repeating it changes nothing. Money that came back lies on the seller's
    connected account; only the payout itself is tried again, under a new key.
    """
    payout = Payout.objects.select_for_update().filter(provider_payout=provider_payout).first()
    if payout is None:
        return False
    if state == "paid" and payout.arrived_at is None:
        Payout.objects.filter(pk=payout.pk).update(arrived_at=Now())
    if state in ("failed", "canceled") and payout.state == Payout.State.SENT:
        actor.tell_database(cause=f"payout {state}")
        Payout.objects.filter(pk=payout.pk).update(
            state=Payout.State.FAILED,
            last_error=f"The bank returned {provider_payout}: {failure_code or state}.",
            refusals=F("refusals") + 1,
            asked_at=None,
            provider_payout=None,
            sent_at=None,
            arrived_at=None,
            due_at=Now() + timedelta(days=365),
        )
        publish(PayoutFailed(payout_id=payout.pk))
    return True


def connect_account(*, seller_id: int, refresh_url: str, return_url: str) -> str:
    """Return the provider's page on which a seller enters bank details, opening an account first.

    Calls the provider, so it refuses to run inside a transaction. Raises
    SellerMissing and what the gateway raises.
    """
    seller = sellers.sellers(seller_ids=[seller_id]).get(seller_id)
    if seller is None:
        raise SellerMissing(seller_id)
    gateway = get_payment_gateway()
    account_id = seller.stripe_account_id
    if not account_id:
        account = gateway.create_account(
            idempotency_key=f"account:{seller_id}",
            seller_id=seller_id,
            email=seller.email,
            country=seller.country,
            name=seller.name,
        )
        account_id = account.id
        seller_operations.record_connected_account(
            seller_id=seller_id,
            stripe_account_id=account_id,
            payouts_enabled=account.payouts_enabled,
        )
    return gateway.account_link(
        account_id=account_id, refresh_url=refresh_url, return_url=return_url
    )


def refresh_account(*, account_id: str) -> bool:
    """Ask the provider whether a connected account can be paid; returns False when it is nobody's.

    Calls the provider, so it refuses to run inside a transaction.
    """
    seller = sellers.seller_by_account(stripe_account_id=account_id)
    if seller is None:
        return False
    account = get_payment_gateway().retrieve_account(account_id=account_id)
    seller_operations.record_connected_account(
        seller_id=seller.id, stripe_account_id=account.id, payouts_enabled=account.payouts_enabled
    )
    return True
