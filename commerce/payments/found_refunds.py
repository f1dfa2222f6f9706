"""Refunds that somebody made in the provider's dashboard: heard of, booked and told to staff."""

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.gateways.payments import ProviderRefund, get_payment_gateway
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .charged_back import left_on_charge, settle_covered
from .events import ExcessRefundFound, RefundFound
from .models import ExcessRefund, FoundUse, Payment, Refund
from .queries import unused_found
from .refunding import settle_refund
from .types import FOUND

log = structlog.get_logger(__name__)


def record_found_refunds(*, charge_id: str) -> int:
    """Write down refunds of a charge that we did not ask for; returns how many were found.

    The marketplace bears them until a person books otherwise. One that makes good
    a refund of ours that failed takes its place; one that is larger than what is left
    is written down apart, as a difference that staff explain. Raises GatewayUnavailable.
    """
    payment = Payment.objects.filter(provider_charge=charge_id).first()
    if payment is None:
        return 0
    made = get_payment_gateway().refunds_of(payment_id=str(payment.provider_payment))
    ours = list(Refund.objects.filter(payment_id=payment.pk))
    known = {refund.provider_refund for refund in ours} | {refund.reference for refund in ours}
    strange = [
        each
        for each in made
        if each.state != "failed" and each.id not in known and each.reference not in known
    ]
    return sum(_record(payment.pk, each) for each in strange)


def _record(payment_id: int, found: ProviderRefund) -> bool:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(pk=payment_id)
        if Refund.objects.filter(provider_refund=found.id).exists():
            return False
        refund_id = _made_good(payment, found) or _added(payment, found)
        if refund_id is None:
            return _excess(payment, found)
        log.error(
            "refund.found",
            order_token=payment.order_token,
            refund=found.id,
            amount_minor=found.amount_minor,
        )
        settle_refund(refund_id=refund_id, answer=found)
    return True


def _made_good(payment: Payment, found: ProviderRefund) -> int | None:
    failed = payment.refunds.filter(state=Refund.State.FAILED, amount_minor=found.amount_minor)
    refund = failed.order_by("pk").first()
    if refund is None or left_on_charge(payment) < found.amount_minor:
        return None
    Refund.objects.filter(pk=refund.pk).update(
        state=Refund.State.REQUESTED, provider_refund=None, round=F("round") + 1, due_at=Now()
    )
    return refund.pk


def _added(payment: Payment, found: ProviderRefund) -> int | None:
    changed = Payment.objects.filter(
        pk=payment.pk, captured_minor__gte=F("refunded_minor") + found.amount_minor
    ).update(refunded_minor=F("refunded_minor") + found.amount_minor, updated_at=Now())
    if not changed:
        return None
    refund = Refund.objects.create(
        payment_id=payment.pk,
        business_key=f"{FOUND}{found.id}",
        amount_minor=found.amount_minor,
        reason="made in the provider's dashboard",
    )
    ledger.post(
        business_key=f"refund-found:{found.id}",
        kind="refund found",
        entries={"losses": found.amount_minor, "refunds:owed": -found.amount_minor},
        currency=payment.currency,
        memo="made in the provider's dashboard",
    )
    publish(
        RefundFound(
            refund_id=refund.pk,
            order_token=payment.order_token,
            amount_minor=found.amount_minor,
            currency=payment.currency,
        )
    )
    return refund.pk


def _excess(payment: Payment, found: ProviderRefund) -> bool:
    """Write down what no payment can take, and book it as a loss once it was sent; whether it
    is news. Refunds of ours that fail because of it are settled with it."""
    left = payment.captured_minor - payment.refunded_minor
    excess, is_new = ExcessRefund.objects.get_or_create(
        provider_refund=found.id,
        defaults={"payment": payment, "amount_minor": found.amount_minor, "left_minor": left},
    )
    if is_new:
        log.error("refund.found_too_large", payment_id=payment.pk, refund=found.id)
        publish(
            ExcessRefundFound(
                provider_refund=found.id,
                order_token=payment.order_token,
                amount_minor=found.amount_minor,
                left_minor=left,
                currency=payment.currency,
            )
        )
    if found.state == "succeeded" and excess.booked_at is None:
        ledger.post(
            business_key=f"refund-sent:{found.id}",
            kind="refund found",
            entries={"losses": found.amount_minor, "stripe": -found.amount_minor},
            currency=payment.currency,
            memo="made in the provider's dashboard, beyond what was left",
        )
        ExcessRefund.objects.filter(pk=excess.pk).update(booked_at=Now())
        settle_covered(payment)
    return is_new


def use_found(
    payment: Payment, *, most: int, business_key: str, reason: str, refund_id: int | None = None
) -> int:
    """Let found refunds be what an order owes back; returns how much of it they were.

    For this module's own use, with the payment locked. The caller books the whole
    amount against "refunds:owed"; what was a loss of the marketplace is one no more.
    """
    rows = unused_found().filter(payment_id=payment.pk)
    if refund_id is not None:
        rows = rows.filter(pk=refund_id)
    left = most
    for refund in rows:
        taken = min(left, refund.unused)
        if taken > 0:
            FoundUse.objects.create(refund=refund, business_key=business_key, amount_minor=taken)
            left -= taken
    if most > left:
        ledger.post(
            business_key=f"found-used:{business_key}",
            kind="refund found",
            entries={"refunds:owed": most - left, "losses": left - most},
            currency=payment.currency,
            memo=reason,
        )
    return most - left
