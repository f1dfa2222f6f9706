"""Money on its way back: written down first, then sent once per key, then booked."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    PaymentGateway,
    ProviderRefund,
    get_payment_gateway,
)
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.retrying import pause
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish

from .charged_back import settle_covered
from .events import RefundFailed, RefundSucceeded
from .models import Payment, Refund
from .nudging import nudge

log = structlog.get_logger(__name__)

# How long one sender keeps a refund to itself; longer than any call takes.
LEASE = timedelta(minutes=1)
BACKOFF = [timedelta(seconds=s) for s in (30, 60, 300, 900, 3600)]
# After so many tries under one key its answer may be a stored failure or refusal.
PATIENCE = 3
# What the provider refuses today and may do tomorrow.
PASSING_REFUSALS = {"balance_insufficient", "lock_timeout", "rate_limit", "charge_not_available"}
OPEN = [Refund.State.REQUESTED, Refund.State.PENDING]


class RefundTooLarge(Exception):
    """More would go back than came in."""

    def __init__(self, *, left: Money) -> None:
        self.left = left
        super().__init__(f"only {left} is left to refund")


@transaction.atomic
def request_refund(*, payment_id: int, amount: Money, business_key: str, reason: str) -> int:
    """Owe the shopper money of a captured payment, once per business key.

    The caller books who bears it, against the account "refunds:owed"; a task
    sends it. Returns the refund's id. Raises RefundTooLarge.
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    known = Refund.objects.filter(business_key=business_key).first()
    if known is not None:
        return known.pk
    changed = Payment.objects.filter(
        pk=payment_id,
        currency=amount.currency,
        captured_minor__gte=F("refunded_minor") + amount.minor,
    ).update(refunded_minor=F("refunded_minor") + amount.minor, updated_at=Now())
    if not changed:
        left = payment.captured_minor - payment.refunded_minor
        raise RefundTooLarge(left=Money(left, payment.currency))
    refund = Refund.objects.create(
        payment_id=payment_id,
        business_key=business_key,
        amount_minor=amount.minor,
        reason=reason[:200],
    )
    transaction.on_commit(lambda: nudge("send_refunds"))
    return refund.pk


def send_refunds(*, limit: int = 100) -> int:
    """Send what is due, and ask about what is on its way; returns how many were settled."""
    due = (
        Refund.objects.filter(state__in=OPEN, due_at__lte=Now())
        .order_by("due_at", "pk")
        .values_list("pk", flat=True)[:limit]
    )
    return sum(send_refund(refund_id=refund_id) for refund_id in list(due))


def look_at_refunds(*, reference: str) -> int:
    """Ask what became of the refunds of a charge, or of one refund, by the provider's id."""
    if not reference:
        return 0
    refunds = Refund.objects.filter(
        Q(provider_refund=reference) | Q(payment__provider_charge=reference)
    ).exclude(state__in=[Refund.State.FAILED, Refund.State.SETTLED])
    return sum(send_refund(refund_id=pk) for pk in list(refunds.values_list("pk", flat=True)))


def send_refund(*, refund_id: int) -> bool:
    """Send one refund, or ask what became of it; returns whether that settled it.

    What was asked for before and never answered is looked for before it is asked
    for again: its key may hold a failure for ever, or be forgotten after a day.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.provider_refund:
        return _look_at(refund, refund.provider_refund)
    if not _claim(refund):
        return False
    failpoint("refund_before_provider")
    try:
        answer = _send(get_payment_gateway(), refund)
    except GatewayUnavailable as error:
        return _postpone(refund, str(error))
    except GatewayRefused as error:
        if error.code in PASSING_REFUSALS:
            return _postpone(refund, str(error))
        return _fail(refund.pk, code=error.code, reference=None)
    failpoint("refund_after_provider")
    return settle_refund(refund_id=refund.pk, answer=answer)


def _claim(refund: Refund) -> bool:
    """Take a refund that is due, for a while: a sender that dies loses it by itself."""
    changed = Refund.objects.filter(
        pk=refund.pk,
        state=Refund.State.REQUESTED,
        provider_refund=None,
        attempts=refund.attempts,
        due_at__lte=Now(),
    ).update(attempts=F("attempts") + 1, due_at=Now() + LEASE)
    return changed == 1


def _send(gateway: PaymentGateway, refund: Refund) -> ProviderRefund:
    key, payment_id = refund.reference, str(refund.payment.provider_payment)
    if refund.attempts:
        found = gateway.find_refund(reference=key, payment_id=payment_id)
        if found is not None:
            return found
    return gateway.refund(
        idempotency_key=key if refund.attempts < PATIENCE else f"{key}:{refund.attempts}",
        reference=key,
        payment_id=payment_id,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
    )


def _look_at(refund: Refund, reference: str) -> bool:
    try:
        answer = get_payment_gateway().retrieve_refund(refund_id=reference)
    except (GatewayUnavailable, GatewayRefused) as error:
        # Not being told says nothing about the money.
        return _postpone(refund, str(error))
    return settle_refund(refund_id=refund.pk, answer=answer)


def _postpone(refund: Refund, problem: str) -> bool:
    wait = pause(BACKOFF, attempts=refund.attempts)
    Refund.objects.filter(pk=refund.pk, state__in=OPEN).update(
        due_at=Now() + wait, last_error=problem[:2000]
    )
    return False


def settle_refund(*, refund_id: int, answer: ProviderRefund) -> bool:
    """Write down what became of a refund, for this module's own use; whether that settled it."""
    if answer.state == "failed":
        return _fail(refund_id, code=answer.failure_code, reference=answer.id)
    if answer.state == "pending":
        Refund.objects.filter(pk=refund_id, state__in=OPEN).update(
            state=Refund.State.PENDING,
            provider_refund=answer.id,
            due_at=Now() + timedelta(hours=1),
        )
        return False
    return _succeed(refund_id, reference=answer.id)


@transaction.atomic
def _succeed(refund_id: int, *, reference: str) -> bool:
    refund = _locked(refund_id)
    if refund.state not in OPEN:
        return False
    refund.state = Refund.State.SUCCEEDED
    refund.provider_refund = reference
    refund.last_error = ""
    refund.save(update_fields=["state", "provider_refund", "last_error"])
    payment = refund.payment
    ledger.post(
        business_key=f"refund-sent:{reference}",
        kind="refund sent",
        entries={"refunds:owed": refund.amount_minor, "stripe": -refund.amount_minor},
        currency=payment.currency,
        memo=refund.reason,
    )
    publish(
        RefundSucceeded(
            refund_id=refund.pk,
            order_token=payment.order_token,
            amount_minor=refund.amount_minor,
            currency=payment.currency,
            reason=refund.reason,
        )
    )
    return True


@transaction.atomic
def _fail(refund_id: int, *, code: str, reference: str | None) -> bool:
    """Stop trying. The money stays owed in the ledger until a person settles it, unless the
    shopper has it from a lost dispute."""
    payment = Payment.objects.select_for_update(of=("self",)).get(refunds__pk=refund_id)
    refund = _locked(refund_id)
    if refund.state == Refund.State.FAILED:
        return False
    if refund.state == Refund.State.SUCCEEDED:
        ledger.post(
            business_key=f"refund-returned:{refund.provider_refund}",
            kind="refund returned",
            entries={"stripe": refund.amount_minor, "refunds:owed": -refund.amount_minor},
            currency=refund.payment.currency,
            memo=f"The bank sent it back: {code}",
        )
    refund.state = Refund.State.FAILED
    refund.provider_refund = reference or refund.provider_refund
    refund.last_error = code
    refund.save(update_fields=["state", "provider_refund", "last_error"])
    if refund_id in settle_covered(payment):
        return True
    log.error("refund.failed", refund_id=refund.pk, order_token=payment.order_token, code=code)
    publish(
        RefundFailed(
            refund_id=refund.pk,
            order_token=payment.order_token,
            amount_minor=refund.amount_minor,
            currency=payment.currency,
        )
    )
    return True


def _locked(refund_id: int) -> Refund:
    return (
        Refund.objects.select_for_update(of=("self",)).select_related("payment").get(pk=refund_id)
    )
