from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.gateways.payments import get_payment_gateway
from commerce.kernel import actor
from commerce.outbox.bus import publish
from commerce.sellers import operations as seller_operations
from commerce.sellers import queries as sellers

from .billing import bill_subscriptions, charge, choose_plan, correct
from .crediting import NotPaid, credit_order, give_back, release_earning
from .deducting import deduct
from .disputes import lock_disputes_of, share_dispute, share_disputes_of
from .events import PayoutFailed
from .featuring import NotFeatured, feature, offer_featuring
from .gathering import run, run_now, run_schedule
from .models import Payout
from .sending import send
from .terms import InvalidTerms, agree_terms, drop_terms

__all__ = [
    "InvalidTerms",
    "NotFeatured",
    "NotPaid",
    "agree_terms",
    "bill_subscriptions",
    "charge",
    "choose_plan",
    "correct",
    "credit_order",
    "deduct",
    "drop_terms",
    "feature",
    "give_back",
    "lock_disputes_of",
    "offer_featuring",
    "release_earning",
    "run",
    "run_now",
    "run_schedule",
    "send",
    "share_dispute",
    "share_disputes_of",
]


class NotFailed(ValueError):
    """The payout did not fail, so there is nothing to try again."""


class SellerMissing(LookupError):
    """There is no such seller."""


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
            bank=account.bank,
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
        seller_id=seller.id,
        stripe_account_id=account.id,
        payouts_enabled=account.payouts_enabled,
        bank=account.bank,
    )
    return True
