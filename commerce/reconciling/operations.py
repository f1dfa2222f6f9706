"""Comparing, and what people do about what was found."""

from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from commerce.checkout import operations as checkout
from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    get_payment_gateway,
)
from commerce.gateways.payments import (
    Movement as ProviderMovement,
)
from commerce.kernel import actor, clock
from commerce.ledger import operations as ledger
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries

from . import statements
from .models import Break, Run
from .types import RunData

log = structlog.get_logger(__name__)

# What was looked at before is looked at again for so long: fees come late, and rows change.
LOOK_BACK = timedelta(days=35)
# How long the provider may take to show what we have booked.
GRACE = timedelta(hours=2)
ITSELF = "reconciling"
# What the provider moves between its account of ours and elsewhere without an order: the
# account of the ledger that bears the other side.
# https://docs.stripe.com/reports/balance-transaction-types
OWN_MONEY = {
    "payout": "bank",
    "payout_cancel": "bank",
    "payout_failure": "bank",
    "topup": "bank",
    "topup_reversal": "bank",
    "stripe_fee": "stripe:fees",
    "stripe_fx_fee": "stripe:fees",
    "tax_fee": "stripe:fees",
}


class Explained(Exception):
    """The difference was explained or has gone already."""


def reconcile(*, since: datetime | None = None, grace: timedelta = GRACE) -> RunData:
    """Hold orders, ledger and provider against each other; write down what differs.

    Money of ours that nobody told us of is settled first, as its notice would
    have done. Running it twice finds nothing new. Raises GatewayUnavailable.
    """
    now = clock.now()
    since = since or now - LOOK_BACK
    run = Run.objects.create(since=since, actor=actor.current()[:80])
    moved = list(get_payment_gateway().movements(since=since))
    _keep(moved)
    healed = sum(_heal(each) for each in moved) + _ask_about_disputes()
    found = _differences(since=since, until=now - grace)
    open_ids = _keep_breaks(found)
    _close_others(open_ids, since=since)
    Run.objects.filter(pk=run.pk).update(
        finished_at=Now(), movements=len(moved), healed=healed, breaks=len(found)
    )
    if found:
        log.error("reconciling.differs", breaks=len(found))
    return RunData(id=run.pk, movements=len(moved), healed=healed, breaks=len(found))


def _keep(moved: list[ProviderMovement]) -> None:
    rows = [
        (
            each.id, each.kind[:60], each.source[:120], each.amount_minor, each.fee_minor,
            each.currency, each.created_at,
        )
        for each in moved
    ]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(statements.KEEP_MOVEMENT, rows)


def _heal(moved: ProviderMovement) -> bool:
    """Do what a lost notice would have done; returns whether there was something to do."""
    try:
        if moved.kind in ("charge", "payment"):
            return _heal_charge(moved.source)
        if moved.kind in ("refund", "payment_refund"):
            return _heal_refund(moved.source)
        if other_side := OWN_MONEY.get(moved.kind):
            return _book_own_money(moved, other_side)
        if moved.kind == "adjustment" and not payment_queries.knows_dispute(
            provider_dispute=moved.source
        ):
            return payments.look_at_dispute(provider_dispute=moved.source) in (
                "open",
                "won",
                "lost",
            )
    except (GatewayRefused, GatewayUnavailable) as problem:
        log.warning("reconciling.not_healed", movement=moved.id, error=str(problem))
    return False


def _book_own_money(moved: ProviderMovement, other_side: str) -> bool:
    """Book what went to or came from our bank, or what the provider kept for its services."""
    entries = {"stripe": moved.amount_minor - moved.fee_minor, "stripe:fees": moved.fee_minor}
    entries[other_side] = entries.get(other_side, 0) - moved.amount_minor
    return ledger.post(
        business_key=f"movement:{moved.id}",
        kind="provider account",
        entries=entries,
        currency=moved.currency,
        memo=f"{moved.kind} {moved.source}".strip(),
    )


def _ask_about_disputes() -> int:
    """Hear of decisions whose notice was lost: of a lost dispute no money moves any more."""
    decided = 0
    for reference in payment_queries.undecided_disputes():
        try:
            decided += payments.look_at_dispute(provider_dispute=reference) in ("won", "lost")
        except GatewayUnavailable as problem:
            log.warning("reconciling.not_healed", dispute=reference, error=str(problem))
    return decided


def _heal_charge(charge_id: str) -> bool:
    known = payment_queries.by_charge(charge_id=charge_id)
    if known is not None:
        return not known.fee_minor and checkout.settle_fee(charge_id=charge_id) == "booked"
    provider = get_payment_gateway().retrieve_charge(charge_id=charge_id)
    payment = payment_queries.by_key(idempotency_key=provider.attempt_key)
    if payment is None or payment.session_id is None:
        return False
    checkout.settle_session(session_id=payment.session_id)
    return True


def _heal_refund(refund_id: str) -> bool:
    if payment_queries.knows_refund(provider_refund=refund_id):
        return payments.look_at_refunds(reference=refund_id) > 0
    found = get_payment_gateway().retrieve_refund(refund_id=refund_id)
    return payments.record_found_refunds(charge_id=found.charge_id) > 0


def _differences(*, since: datetime, until: datetime) -> list[tuple[str, str, int, str, str]]:
    found: list[tuple[str, str, int, str, str]] = []
    compared = (
        statements.PROVIDER_TO_LEDGER,
        statements.LEDGER_TO_PROVIDER,
        statements.ORDERS_TO_PAYMENTS,
        statements.EXCESS_REFUNDS,
    )
    with connection.cursor() as cursor:
        for statement in compared:
            cursor.execute(statement, {"since": since, "until": until})
            found += cursor.fetchall()
    return found


def _keep_breaks(found: list[tuple[str, str, int, str, str]]) -> list[int]:
    kept = []
    with transaction.atomic(), connection.cursor() as cursor:
        for kind, reference, amount, currency, detail in found:
            cursor.execute(statements.KEEP_BREAK, [kind, reference, amount, currency, detail[:300]])
            kept.append(cursor.fetchone()[0])
    return kept


def _close_others(still_open: list[int], *, since: datetime) -> None:
    """What this run looked at and did not find any more is gone by itself."""
    Break.objects.filter(resolved_at=None, found_at__gte=since).exclude(pk__in=still_open).update(
        resolution="It was gone when it was looked at again.",
        resolved_by=ITSELF,
        resolved_at=Now(),
    )


def note_excess_refunds() -> int:
    """Write down at once what was refunded at the provider beyond what was left, with its age.

    Returns how many there are; each is one difference however often it is asked for.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements.EXCESS_REFUNDS, {"since": clock.now() - LOOK_BACK})
        found = cursor.fetchall()
    return len(_keep_breaks(found))


def take(*, break_id: int, user_id: int) -> None:
    """Make somebody the owner of a difference. Raises Explained."""
    changed = Break.objects.filter(pk=break_id, resolved_at=None).update(owner_id=user_id)
    if not changed:
        raise Explained


def explain(*, break_id: int, note: str, user_id: int) -> None:
    """Close a difference with a note: why it is right, or what was done. Raises Explained."""
    changed = Break.objects.filter(pk=break_id, resolved_at=None).update(
        resolution=note[:500],
        resolved_by=actor.current()[:80],
        resolved_at=Now(),
        owner_id=user_id,
    )
    if not changed:
        raise Explained
