"""Finishing what was interrupted: one look at each attempt that is due, several at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    ProviderPayment,
    get_payment_gateway,
)
from commerce.giftcards import operations as giftcards
from commerce.giftcards import queries as gifts
from commerce.kernel import clock
from commerce.orders import queries as order_queries
from commerce.orders.types import OrderRef
from commerce.payments import operations as payments
from commerce.payments.types import PaymentData

from . import paying, placing
from .capturing import ask_anew
from .refusals import CheckoutRefused
from .releasing import give_up
from .settling import apply, settle_fee

log = structlog.get_logger(__name__)

ASK_AGAIN = timedelta(seconds=90)
SILENCE_MEANS_AWAY = 3
# As many as the gateway keeps connections: a slow provider delays a batch, not each in turn.
ASKED_AT_ONCE = 8

Answer = ProviderPayment | Exception | None


def sweep(*, limit: int = 100) -> int:
    """Finish what was interrupted: ask about open attempts, open missing pages, give up late ones,
    book fees that nobody reported.

    Returns how many attempts were looked at. Stops when the provider is away; one
    page of which it says nothing keeps no other from being looked at.
    """
    due = payments.take_due_checks(pause=ASK_AGAIN, limit=limit)
    silent = 0
    for done, (attempt, answer) in enumerate(_answers(due), start=1):
        try:
            _sweep_one(attempt, answer)
            silent = 0
        except GatewayUnavailable as problem:
            silent += 1
            log.warning("checkout.not_swept", order=attempt.order_token, error=str(problem))
            if silent == SILENCE_MEANS_AWAY:
                log.warning("checkout.sweep_stopped", left=len(due) - done)
                return done
        except (CheckoutRefused, giftcards.GiftRefused, GatewayRefused) as refusal:
            log.info("checkout.swept", order=attempt.order_token, outcome=str(refusal))
        except Exception as error:
            log.error("checkout.sweep_failed", order=attempt.order_token, error=repr(error))
    return len(due)


def _answers(due: Sequence[PaymentData]) -> Iterator[tuple[PaymentData, Answer]]:
    """Ask about a batch of attempts together; the answers are acted on one after the other.

    The threads only ask: they touch no database.
    """
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        for start in range(0, len(due), ASKED_AT_ONCE):
            batch = due[start : start + ASKED_AT_ONCE]
            yield from zip(batch, pool.map(_ask, batch), strict=True)


def _ask(attempt: PaymentData) -> Answer:
    if attempt.charge_id or not attempt.session_id:
        return None
    try:
        return get_payment_gateway().retrieve_payment(session_id=attempt.session_id)
    except Exception as problem:
        return problem


def _sweep_one(attempt: PaymentData, answer: Answer) -> None:
    if isinstance(answer, Exception):
        raise answer
    if answer is not None:
        if answer.state == "processing" and _is_overdue(attempt):
            _stop_waiting(attempt, answer)
        else:
            apply(payment=attempt, provider=answer)
        return
    if attempt.charge_id:
        settle_fee(charge_id=attempt.charge_id)
        if attempt.renew_by is not None and not ask_anew(attempt, None):
            payments.close(payment_id=attempt.id, canceled=True)
        return
    if gifts.is_gift(order_token=attempt.order_token):
        giftcards.reopen(token=gifts.token_of(attempt.order_token))
        return
    order = order_queries.ref(token=attempt.order_token)
    if order is None:
        return
    if order.state != "pending" or waited_too_long(order):
        give_up(payment=attempt, reason="not paid in time")
        return
    lines = paying.lines_of_order(order_token=order.token)
    paying.open_page(order=order, payment=attempt, lines=lines)


def _is_overdue(attempt: PaymentData) -> bool:
    return attempt.pay_by is not None and clock.now() > attempt.pay_by


def _stop_waiting(attempt: PaymentData, seen: ProviderPayment) -> None:
    """Give an order up whose bank took too long. Money that still comes goes back."""
    apply(
        payment=attempt,
        provider=get_payment_gateway().cancel_payment(payment_id=str(seen.payment_id)),
    )
    give_up(payment=attempt, reason="the bank did not answer in time", only_unopened=False)


def waited_too_long(order: OrderRef) -> bool:
    """Whether no page may be opened any more: it would outlive the hold."""
    return clock.now() > order.placed_at + placing.WAIT_FOR_PAGE
