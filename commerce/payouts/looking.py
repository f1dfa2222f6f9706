"""Asking the provider itself: notices about payouts and accounts may never arrive."""

from datetime import timedelta

import structlog
from django.db.models import Q
from django.db.models.functions import Now

from commerce.gateways.payments import GatewayRefused, GatewayUnavailable, get_payment_gateway
from commerce.kernel import clock
from commerce.kernel.actor import acting_as
from commerce.sellers import queries as sellers

from . import operations
from .models import Payout

log = structlog.get_logger(__name__)

NEXT_LOOK = timedelta(days=1)
MAY_COME_BACK = timedelta(days=7)
"""How long after its arrival a bank may still return a payout."""
HOURS = 24


def look_at_payouts(*, limit: int = 200) -> int:
    """Ask what became of payouts that were sent; returns of how many something new was learned.

    Those that have not arrived, and those that arrived within a week, since a bank may
    return them. Each is asked about a few hours after it was sent and then once a day.
    Stops when the provider is away; calls it, so it refuses to run inside a transaction.
    """
    arrived = Q(arrived_at=None) | Q(arrived_at__gt=Now() - MAY_COME_BACK)
    due = Payout.objects.filter(arrived, state=Payout.State.SENT, due_at__lte=Now())
    learned = 0
    for payout in due.select_related("seller").order_by("due_at", "pk")[:limit]:
        own = Payout.objects.filter(pk=payout.pk, state=Payout.State.SENT, due_at=payout.due_at)
        if not own.update(due_at=Now() + NEXT_LOOK):
            continue
        try:
            learned += _look(payout)
        except GatewayUnavailable as away:
            log.warning("payout.not_looked_at", payout_id=payout.pk, error=str(away))
            break
        except GatewayRefused as refusal:
            log.error("payout.not_looked_at", payout_id=payout.pk, error=str(refusal))
    return learned


def _look(payout: Payout) -> bool:
    found = get_payment_gateway().retrieve_payout(
        payout_id=str(payout.provider_payout), account_id=payout.seller.stripe_account_id
    )
    known = "paid" if payout.arrived_at else ""
    if found.state not in ("paid", "failed", "canceled") or found.state == known:
        return False
    log.warning("payout.notice_was_missed", payout_id=payout.pk, state=found.state)
    with acting_as("stripe"):
        operations.record_payout_result(
            provider_payout=found.id, state=found.state, failure_code=found.failure_code
        )
    return True


def look_at_accounts(*, hour: int | None = None) -> int:
    """Ask about the accounts of active sellers whose turn it is, each once a day.

    A change of the bank that no notice told of then pauses payouts as the notice would.
    Returns how many answered. Stops when the provider is away; calls it, so it refuses
    to run inside a transaction.
    """
    turn = clock.now().hour if hour is None else hour
    looked = 0
    for account_id in sellers.accounts_in_turn(turn=turn, of=HOURS):
        try:
            with acting_as("stripe"):
                looked += operations.refresh_account(account_id=account_id)
        except GatewayUnavailable as away:
            log.warning("account.not_looked_at", error=str(away))
            break
        except GatewayRefused as refusal:
            log.error("account.not_looked_at", account=account_id, error=str(refusal))
    return looked
