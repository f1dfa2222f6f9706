"""Disputes: heard of in any order, booked by what the provider moved, answered by staff."""

from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now

from commerce.gateways.payments import (
    GatewayRefused,
    Movement,
    ProviderDispute,
    get_payment_gateway,
)
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .charged_back import settle_covered
from .deciding import note_decision
from .events import DisputeClosed, DisputeOpened
from .models import Dispute, Payment

log = structlog.get_logger(__name__)

WON = {"won", "warning_closed", "prevented"}


class DisputeDecided(Exception):
    """The bank has decided; nothing that is said now counts."""


def look_at_dispute(*, provider_dispute: str) -> str:
    """Ask where a dispute stands and bring our books in line; returns a word for the log.

    It may be asked for late, often and out of order: each movement is booked once,
    and what was decided stays decided. Raises GatewayUnavailable.
    """
    if not provider_dispute:
        return "ignored: names no dispute"
    try:
        found = get_payment_gateway().retrieve_dispute(dispute_id=provider_dispute)
    except GatewayRefused as refusal:
        return f"ignored: {refusal.code}"
    return _apply(found)


def answer_dispute(*, dispute_id: int, evidence: str) -> None:
    """Send the bank what speaks for us.

    Raises DisputeDecided, GatewayRefused and GatewayUnavailable.
    """
    dispute = _open(dispute_id)
    found = get_payment_gateway().answer_dispute(
        dispute_id=dispute.provider_dispute, evidence=evidence
    )
    with transaction.atomic():
        Dispute.objects.filter(pk=dispute_id).update(evidence=evidence, answered_at=Now())
        note_decision(payment_id=dispute.payment_id, decision="dispute answered", reason=evidence)
    _apply(found)


def accept_dispute(*, dispute_id: int, reason: str) -> None:
    """Give a dispute up as lost. Raises DisputeDecided, GatewayRefused and GatewayUnavailable."""
    dispute = _open(dispute_id)
    found = get_payment_gateway().accept_dispute(dispute_id=dispute.provider_dispute)
    note_decision(payment_id=dispute.payment_id, decision="dispute accepted", reason=reason)
    _apply(found)


def lock_dispute(*, dispute_id: int) -> None:
    """Keep a dispute as it is until the caller's transaction ends, and others from sharing it."""
    Dispute.objects.select_for_update(no_key=True, of=("self",)).get(pk=dispute_id)


def _open(dispute_id: int) -> Dispute:
    dispute = Dispute.objects.get(pk=dispute_id)
    if dispute.state != Dispute.State.OPEN:
        raise DisputeDecided
    return dispute


@transaction.atomic
def _apply(found: ProviderDispute) -> str:
    payment = Payment.objects.select_for_update().filter(provider_charge=found.charge_id).first()
    if payment is None:
        log.error("dispute.unknown", dispute=found.id, charge=found.charge_id)
        return "ignored: not ours"
    dispute = Dispute.objects.filter(provider_dispute=found.id).first()
    is_new = dispute is None
    dispute = dispute or Dispute(payment=payment, provider_dispute=found.id)
    dispute.amount_minor = found.amount_minor
    dispute.fee_minor = sum(each.fee_minor for each in found.movements)
    dispute.reason, dispute.due_by = found.reason[:60], found.due_by
    was_open = dispute.state == Dispute.State.OPEN
    if was_open:
        dispute.status = found.status[:40]
        dispute.state = _state(found.status)
        if dispute.state != Dispute.State.OPEN:
            dispute.closed_at = Now()
    dispute.save()
    for each in found.movements:
        _book(each, found)
    if is_new:
        log.error("dispute.opened", order_token=payment.order_token, reason=found.reason)
        publish(DisputeOpened(**_told(dispute, payment)))
    if was_open and dispute.state != Dispute.State.OPEN:
        publish(DisputeClosed(**_told(dispute, payment), outcome=dispute.state))
    if dispute.state == Dispute.State.LOST:
        settle_covered(payment)
    return str(dispute.state)


def _state(status: str) -> str:
    if status in WON:
        return Dispute.State.WON
    return Dispute.State.LOST if status == "lost" else Dispute.State.OPEN


def _book(moved: Movement, found: ProviderDispute) -> None:
    """Book what left our balance, or came back. What a lost dispute took stays in "disputes"
    until it is settled with the sellers."""
    ledger.post(
        business_key=f"dispute-moved:{moved.id}",
        kind="dispute",
        entries={
            "stripe": moved.net_minor,
            "stripe:fees": moved.fee_minor,
            "disputes": -moved.amount_minor,
        },
        currency=moved.currency,
        memo=f"{found.id}: {found.reason}",
    )


def _told(dispute: Dispute, payment: Payment) -> dict[str, Any]:
    return {
        "dispute_id": dispute.pk,
        "order_token": payment.order_token,
        "amount_minor": dispute.amount_minor,
        "currency": payment.currency,
        "fee_minor": dispute.fee_minor,
    }
