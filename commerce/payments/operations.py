"""Payment attempts. Refunds and the provider's notices have files of their own."""

import json
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.gateways.payments import ProviderPayment
from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, columns, execute, fetch_as

from .booking import BookedBefore, book_capture, book_orphan
from .capturing import agree_to_capture, look_soon, look_when_due, note_lapsed
from .charged_back import ChargedBack
from .deciding import (
    NotUnexplained,
    RefundNotFailed,
    keep_as_loss,
    note_decision,
    retry_refund,
    settle_otherwise,
)
from .disputing import (
    DisputeDecided,
    accept_dispute,
    answer_dispute,
    lock_dispute,
    look_at_dispute,
)
from .found_refunds import record_found_refunds
from .keeping import (
    NotKept,
    ensure_customer,
    guest_customer,
    keep_method,
    make_default,
    remove_method,
)
from .models import Payment
from .order_refunds import WayClosed, lock_captured, refund_order
from .queries import as_data
from .receiving import (
    count_parked_notices,
    give_up_notice,
    handle_event,
    parked_notices,
    receive,
    record_event,
    retry_notice,
    work_off_events,
)
from .refunding import RefundTooLarge, look_at_refunds, request_refund, send_refunds
from .types import PaymentData, PayTerms

__all__ = [
    "AlreadyOpen",
    "BookedBefore",
    "ChargedBack",
    "DisputeDecided",
    "NotKept",
    "NotUnexplained",
    "RefundNotFailed",
    "RefundTooLarge",
    "WayClosed",
    "accept_dispute",
    "agree_to_capture",
    "answer_dispute",
    "book_capture",
    "book_orphan",
    "capture",
    "close",
    "close_reviewed",
    "close_unopened",
    "count_parked_notices",
    "ensure_customer",
    "give_up_notice",
    "guest_customer",
    "handle_event",
    "hold_for_review",
    "keep_as_loss",
    "keep_method",
    "lock_captured",
    "lock_dispute",
    "look_at_dispute",
    "look_at_refunds",
    "look_soon",
    "look_when_due",
    "make_default",
    "mark_authorized",
    "mark_processing",
    "note_decision",
    "note_decline",
    "note_lapsed",
    "note_refusal",
    "parked_notices",
    "receive",
    "record_event",
    "record_fee",
    "record_found_refunds",
    "record_session",
    "refund_order",
    "remove_method",
    "request_refund",
    "retry_notice",
    "retry_refund",
    "send_refunds",
    "settle_otherwise",
    "start",
    "take_due_checks",
    "work_off_events",
]

log = structlog.get_logger(__name__)

FIRST_CHECK = timedelta(minutes=1)
BANKS_TAKE_THEIR_TIME = timedelta(minutes=30)
FEES_TAKE_THEIR_TIME = timedelta(minutes=30)
_OPEN = [Payment.State.CREATED, Payment.State.PROCESSING, Payment.State.AUTHORIZED]

_START = Planned(f"""
INSERT INTO payments_payment (
    order_token, attempt, idempotency_key, amount_minor, currency, expires_at, success_url,
    cancel_url, terms, check_at, provider, payment_url, refusals, state, captured_minor,
    refunded_minor, fee_minor, method, authorization_code, failure_code, review_reason,
    created_at, updated_at
)
VALUES (
    %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, statement_timestamp() + %s::interval, 'stripe',
    '', 0, 'created', 0, 0, 0, '', '', '', '', statement_timestamp(), statement_timestamp()
)
RETURNING {columns(Payment)}
""")  # noqa: S608

_RECORD_SESSION = Planned("""
UPDATE payments_payment
SET provider_session = %s, payment_url = %s, check_at = statement_timestamp() + %s::interval,
    updated_at = statement_timestamp()
WHERE id = %s AND state = 'created' AND provider_session IS NULL
""")

_CAPTURE = Planned("""
UPDATE payments_payment
SET state = %s, captured_minor = coalesce(%s::bigint, capture_minor, amount_minor),
    fee_minor = %s, provider_payment = %s, provider_charge = %s, method = %s,
    authorization_code = %s, failure_code = '',
    check_at = statement_timestamp() + %s::interval, updated_at = statement_timestamp()
WHERE id = %s AND state NOT IN ('captured', 'orphan')
""")


class AlreadyOpen(Exception):
    """The order has an attempt that is not proven dead; a second one could charge twice."""

    def __init__(self, *, order_token: str, state: str) -> None:
        self.order_token = order_token
        self.state = state
        super().__init__(f"{order_token} has an attempt that is {state}")


def start(
    *,
    order_token: str,
    amount: Money,
    expires_at: datetime,
    success_url: str,
    cancel_url: str,
    previous: int = 0,
    terms: PayTerms | None = None,
) -> PaymentData:
    """Write the attempt, its key and all that goes with the key, before the provider hears of it.

    `previous` is the number of the attempt that this one follows. Raises
    AlreadyOpen while an earlier attempt may still bring money.
    """
    with transaction.atomic(savepoint=False):
        if previous:
            _refuse_while_open(order_token)
        attempt = previous + 1
        (payment,) = fetch_as(
            Payment,
            _START,
            order_token,
            attempt,
            f"pay:{order_token}:{attempt}",
            amount.minor,
            amount.currency,
            expires_at.replace(microsecond=0),
            success_url,
            cancel_url,
            json.dumps((terms or PayTerms()).as_dict()),
            FIRST_CHECK,
        )
    return as_data(payment)


def _refuse_while_open(order_token: str) -> None:
    dead = [Payment.State.FAILED, Payment.State.CANCELED, Payment.State.ORPHAN]
    living = (
        Payment.objects.select_for_update()
        .filter(order_token=order_token)
        .exclude(state__in=dead)
        .first()
    )
    if living is not None:
        raise AlreadyOpen(order_token=order_token, state=living.state)


def record_session(*, payment_id: int, session_id: str, url: str) -> bool:
    """Write down where the shopper pays. Returns False when that was known already."""
    return execute(_RECORD_SESSION, session_id, url, FIRST_CHECK, payment_id) == 1


def note_refusal(*, payment_id: int) -> int:
    """Count that the provider gave no page for the key; returns how often so far."""
    Payment.objects.filter(pk=payment_id).update(
        refusals=F("refusals") + 1, check_at=Now() + FIRST_CHECK, updated_at=Now()
    )
    return Payment.objects.values_list("refusals", flat=True).get(pk=payment_id)


def note_decline(*, payment_id: int, code: str) -> None:
    """Remember why a card was declined; the page stays open for another try."""
    Payment.objects.filter(pk=payment_id, state__in=_OPEN).exclude(failure_code=code[:60]).update(
        failure_code=code[:60], updated_at=Now()
    )


def mark_processing(*, payment_id: int, period: timedelta | None = None) -> bool:
    """Note that the shopper has paid and the bank has not answered; that can take days.

    With a period, the goods wait so long from the first time on. Returns whether
    this was the first time.
    """
    first = Payment.objects.filter(pk=payment_id, state=Payment.State.CREATED).update(
        state=Payment.State.PROCESSING,
        pay_by=Now() + period if period else None,
        check_at=Now() + BANKS_TAKE_THEIR_TIME,
        updated_at=Now(),
    )
    if not first:
        Payment.objects.filter(pk=payment_id, state=Payment.State.PROCESSING).update(
            check_at=Now() + BANKS_TAKE_THEIR_TIME, updated_at=Now()
        )
    return bool(first)


def mark_authorized(
    *, payment_id: int, provider: ProviderPayment, capture_by: datetime | None = None
) -> bool:
    """Note that money is reserved and not taken yet. Returns False when the attempt has ended.

    With `capture_by` it stays so until then, unless what waits for it is ready before.
    """
    changed = Payment.objects.filter(pk=payment_id, state__in=_OPEN).update(
        state=Payment.State.AUTHORIZED,
        provider_payment=provider.payment_id,
        method=provider.method[:60],
        authorization_code=provider.authorization_code[:20],
        failure_code="",
        capture_by=capture_by,
        check_at=capture_by or Now() + FIRST_CHECK,
        updated_at=Now(),
    )
    return changed == 1


def take_due_checks(*, pause: timedelta, limit: int) -> list[PaymentData]:
    """Return attempts about which the provider is to be asked now, each to one caller.

    They are due again after the pause, unless what is found out settles them.
    """
    with transaction.atomic():
        due = list(
            Payment.objects.select_for_update(skip_locked=True)
            .filter(check_at__lte=Now())
            .order_by("check_at", "pk")[:limit]
        )
        Payment.objects.filter(pk__in=[payment.pk for payment in due]).update(
            check_at=Now() + pause
        )
    return [as_data(payment) for payment in due]


def capture(*, payment_id: int, provider: ProviderPayment, orphan: bool = False) -> bool:
    """Write down money that came in; as an orphan, however much it is, when no order can use it.

    The caller has compared currency and mode with what we stored, and unless it is
    an orphan amount and order too. Returns False when it was written down before.
    """
    changed = execute(
        _CAPTURE,
        "orphan" if orphan else "captured",
        provider.amount_minor if orphan else None,
        provider.fee_minor or 0,
        provider.payment_id,
        provider.charge_id,
        provider.method[:60],
        provider.authorization_code[:20],
        FEES_TAKE_THEIR_TIME if provider.fee_minor is None else None,
        payment_id,
    )
    return changed == 1


def record_fee(*, payment_id: int, fee_minor: int) -> bool:
    """Write down a fee that the provider named later; False when it was known."""
    taken = [Payment.State.CAPTURED, Payment.State.ORPHAN]
    changed = Payment.objects.filter(pk=payment_id, state__in=taken, fee_minor=0).update(
        fee_minor=fee_minor, check_at=None, updated_at=Now()
    )
    return changed == 1


def close(*, payment_id: int, canceled: bool, failure_code: str = "") -> bool:
    """End an attempt that the provider says can bring no money any more.

    One that had ended before, and was waited with for other money, is looked at no more.
    """
    state = Payment.State.CANCELED if canceled else Payment.State.FAILED
    changed = Payment.objects.filter(pk=payment_id, state__in=_OPEN).update(
        state=state, failure_code=failure_code[:60], check_at=None, updated_at=Now()
    )
    if not changed:
        Payment.objects.filter(pk=payment_id, renew_by__isnull=False).update(check_at=None)
    return changed == 1


def close_reviewed(*, payment_id: int) -> bool:
    """End an attempt in review that brought nothing, or whose money is back already."""
    changed = Payment.objects.filter(pk=payment_id, state=Payment.State.REVIEW).update(
        state=Payment.State.CANCELED, check_at=None, updated_at=Now()
    )
    return changed == 1


def close_unopened(*, payment_id: int, failure_code: str = "") -> bool:
    """End an attempt without a recorded payment page: nobody can have paid it.

    Returns False when its page was recorded meanwhile, or it has ended.
    """
    changed = Payment.objects.filter(
        pk=payment_id, state=Payment.State.CREATED, provider_session=None
    ).update(
        state=Payment.State.CANCELED,
        failure_code=failure_code[:60],
        check_at=None,
        updated_at=Now(),
    )
    return changed == 1


def hold_for_review(*, payment_id: int, reason: str) -> bool:
    """Stop an attempt for a person: what the provider says is not what we asked for."""
    settled = Q(state__in=[Payment.State.CAPTURED, Payment.State.ORPHAN, Payment.State.REVIEW])
    changed = (
        Payment.objects.filter(pk=payment_id)
        .exclude(settled)
        .update(
            state=Payment.State.REVIEW,
            review_reason=reason[:200],
            check_at=None,
            updated_at=Now(),
        )
    )
    if changed:
        log.error("payment.needs_review", payment_id=payment_id, reason=reason)
    return changed == 1
