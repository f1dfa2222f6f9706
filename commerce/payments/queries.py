from collections import defaultdict
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, columns, fetch_as

from .comparing import differences, mismatch
from .declines import told as decline_told
from .models import Decision, Dispute, Payer, Payment, Refund, SavedMethod
from .types import (
    FOUND,
    KEPT_AS_LOSS,
    DisputeData,
    FoundRefund,
    PaymentData,
    PayTerms,
    Rates,
    Reservation,
    SavedMethodData,
)

__all__ = [
    "as_data",
    "by_charge",
    "by_id",
    "by_key",
    "by_session",
    "charges_of",
    "customer_of",
    "decline_told",
    "differences",
    "disputes",
    "disputes_of",
    "knows_dispute",
    "knows_refund",
    "mismatch",
    "of_order",
    "open_disputes",
    "rates",
    "refund_reference",
    "reservation",
    "saved_methods",
    "undecided_disputes",
    "unused_found",
    "unused_found_refunds",
]

_OF_ORDER = Planned(
    f"SELECT {columns(Payment)} FROM payments_payment"  # noqa: S608
    " WHERE order_token = ANY (%s) ORDER BY attempt"
)


def as_data(payment: Payment) -> PaymentData:
    """Turn a row into what crosses the boundary."""
    return PaymentData(
        id=payment.pk,
        order_token=payment.order_token,
        attempt=payment.attempt,
        idempotency_key=payment.idempotency_key,
        state=payment.state,
        amount=Money(payment.amount_minor, payment.currency),
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
        fee_minor=payment.fee_minor,
        session_id=payment.provider_session,
        payment_id=payment.provider_payment,
        charge_id=payment.provider_charge,
        url=payment.payment_url,
        success_url=payment.success_url,
        cancel_url=payment.cancel_url,
        expires_at=payment.expires_at,
        refusals=payment.refusals,
        method=payment.method,
        failure_code=payment.failure_code,
        review_reason=payment.review_reason,
        terms=PayTerms.from_dict(payment.terms),
        pay_by=payment.pay_by,
        created_at=payment.created_at,
        capture_minor=payment.capture_minor,
        capture_by=payment.capture_by,
        renew_by=payment.renew_by,
    )


def of_order(*, order_tokens: list[str]) -> dict[str, list[PaymentData]]:
    """Return every attempt of the orders, oldest first."""
    found: dict[str, list[PaymentData]] = defaultdict(list)
    for payment in fetch_as(Payment, _OF_ORDER, order_tokens):
        found[payment.order_token].append(as_data(payment))
    return dict(found)


@unconfined()  # when a sale is charged is its sellers' business, the payment's row is not
def reservation(*, order_token: str) -> Reservation | None:
    """Return an order's reserved money, or what of it lapsed; None when there is none."""
    last = (
        Payment.objects.filter(order_token=order_token)
        .filter(Q(state=Payment.State.AUTHORIZED) | Q(renew_by__isnull=False))
        .order_by("-attempt")
        .first()
    )
    if last is None:
        return None
    return Reservation(
        amount=Money(last.amount_minor, last.currency),
        capture_by=last.capture_by if last.renew_by is None else None,
        renew_by=last.renew_by,
    )


def by_session(*, session_id: str) -> PaymentData | None:
    """Return the attempt whose payment page it is."""
    payment = Payment.objects.filter(provider_session=session_id).first()
    return as_data(payment) if payment else None


def by_id(*, payment_id: int) -> PaymentData | None:
    """Return an attempt by our own id."""
    payment = Payment.objects.filter(pk=payment_id).first()
    return as_data(payment) if payment else None


def by_key(*, idempotency_key: str) -> PaymentData | None:
    """Return the attempt that carries the key."""
    payment = Payment.objects.filter(idempotency_key=idempotency_key).first()
    return as_data(payment) if payment else None


def by_charge(*, charge_id: str) -> PaymentData | None:
    """Return the attempt that the provider's charge paid."""
    payment = Payment.objects.filter(provider_charge=charge_id).first()
    return as_data(payment) if payment else None


def refund_reference(*, business_key: str) -> str:
    """Return the provider's name for a refund that was sent; nothing when none is known."""
    found = Refund.objects.filter(business_key=business_key).values_list("provider_refund")
    return next((str(reference) for (reference,) in found if reference), "")


def charges_of(*, order_tokens: list[str]) -> dict[str, str]:
    """Return the provider's charge that paid each order."""
    rows = Payment.objects.filter(
        order_token__in=order_tokens, state=Payment.State.CAPTURED, provider_charge__isnull=False
    ).values_list("order_token", "provider_charge")
    return {token: str(charge) for token, charge in rows}


def open_disputes(*, order_tokens: list[str]) -> dict[str, list[DisputeData]]:
    """Return the undecided disputes of the orders: their money must not be paid out."""
    rows = Dispute.objects.filter(
        payment__order_token__in=order_tokens, state=Dispute.State.OPEN
    ).select_related("payment")
    found: dict[str, list[DisputeData]] = {}
    for dispute in rows.order_by("pk"):
        found.setdefault(dispute.payment.order_token, []).append(_as_dispute(dispute))
    return found


def disputes_of(*, order_tokens: list[str]) -> dict[str, list[DisputeData]]:
    """Return the disputes of the orders, decided or not."""
    rows = Dispute.objects.filter(payment__order_token__in=order_tokens).select_related("payment")
    found: dict[str, list[DisputeData]] = {}
    for dispute in rows.order_by("pk"):
        found.setdefault(dispute.payment.order_token, []).append(_as_dispute(dispute))
    return found


def disputes(*, dispute_ids: list[int]) -> dict[int, DisputeData]:
    """Return disputes by id, decided or not."""
    rows = Dispute.objects.filter(pk__in=dispute_ids).select_related("payment")
    return {dispute.pk: _as_dispute(dispute) for dispute in rows}


def undecided_disputes() -> list[str]:
    """Return the provider's names of all disputes that we believe are open."""
    rows = Dispute.objects.filter(state=Dispute.State.OPEN).order_by("pk")
    return list(rows.values_list("provider_dispute", flat=True))


def _as_dispute(dispute: Dispute) -> DisputeData:
    currency = dispute.payment.currency
    return DisputeData(
        id=dispute.pk,
        order_token=dispute.payment.order_token,
        amount=Money(dispute.amount_minor, currency),
        fee=Money(dispute.fee_minor, currency),
        reason=dispute.reason,
        state=dispute.state,
        due_by=dispute.due_by,
        opened_at=dispute.opened_at,
        closed_at=dispute.closed_at,
    )


def unused_found(*, unexplained: bool = False) -> "QuerySet[Any]":
    """Found refunds of which nobody has said what all of it was for, with what is `unused`.

    With `unexplained`, without those that somebody said are a loss.
    """
    kept = Decision.objects.filter(decision=KEPT_AS_LOSS, refund__isnull=False)
    rows = (
        Refund.objects.filter(business_key__startswith=FOUND, payment__state="captured")
        .exclude(state__in=[Refund.State.FAILED, Refund.State.SETTLED])
        .annotate(unused=F("amount_minor") - Coalesce(Sum("uses__amount_minor"), 0))
        .filter(unused__gt=0)
        .order_by("pk")
    )
    return rows.exclude(pk__in=kept.values("refund")) if unexplained else rows


def unused_found_refunds(
    *, payment_id: int | None = None, unexplained: bool = False
) -> list[FoundRefund]:
    """Return refunds made in the provider's dashboard, of one payment or all, as far as nobody
    has said what they were for; with `unexplained`, nor that they are a loss."""
    rows = unused_found(unexplained=unexplained).select_related("payment")
    if payment_id is not None:
        rows = rows.filter(payment_id=payment_id)
    return [
        FoundRefund(
            id=row.pk,
            reference=str(row.provider_refund or row.business_key),
            amount=Money(row.amount_minor, row.payment.currency),
            unused=Money(row.unused, row.payment.currency),
        )
        for row in rows
    ]


def knows_dispute(*, provider_dispute: str) -> bool:
    """Whether a dispute was written down."""
    return Dispute.objects.filter(provider_dispute=provider_dispute).exists()


def knows_refund(*, provider_refund: str) -> bool:
    """Whether a refund was written down, whoever made it."""
    return Refund.objects.filter(provider_refund=provider_refund).exists()


_RATES = """
SELECT count(*),
    count(*) FILTER (WHERE state IN ('captured', 'orphan')),
    count(*) FILTER (WHERE state NOT IN ('captured', 'orphan') AND provider_session IS NOT NULL
        AND failure_code <> ''),
    count(*) FILTER (WHERE state = 'review' OR refusals > 0 AND provider_session IS NULL
        OR failure_code IN ('no-page', 'api_error', 'processing_error')
        OR state IN ('failed', 'canceled') AND provider_session IS NULL AND failure_code <> '')
FROM payments_payment WHERE created_at > clock_timestamp() - make_interval(days => %s)
"""


def rates(*, days: int) -> Rates:
    """Count how the attempts of the last days ended; those that nobody tried to pay count apart."""
    with connection.cursor() as cursor:
        cursor.execute(_RATES, [days])
        attempts, paid, declined, errors = cursor.fetchone()
    return Rates(days=days, attempts=attempts, paid=paid, declined=declined, errors=errors)


def customer_of(*, user_id: int) -> str:
    """Return the provider's name for a person; "" when it has none."""
    found = Payer.objects.filter(user_id=user_id).values_list("provider_customer", flat=True)
    return found.first() or ""


def saved_methods(*, user_id: int) -> list[SavedMethodData]:
    """Return the ways to pay that a person keeps, the default first."""
    rows = SavedMethod.objects.filter(payer__user_id=user_id, removed_at=None)
    return [
        SavedMethodData(id=row.pk, label=row.label, is_default=row.is_default, since=row.created_at)
        for row in rows.order_by("-is_default", "-pk")
    ]
