"""Money that stays reserved until every seller is ready to send: taken once, for what goes ahead.

A confirmed order waits on its authorization. When each of its parts is decided, or at
the latest a day before the authorization lapses, the sum of what goes ahead is taken in one
capture, and the provider frees the rest. Nothing leaves before that. When the
authorization is gone, the shopper is asked for a new payment, and the goods wait for it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import transaction

from commerce.gateways.payments import ProviderPayment, get_payment_gateway
from commerce.inventory import operations as inventory
from commerce.kernel import clock
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.operations import Terms
from commerce.orders.types import OrderRef, SellerOrderData
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData
from commerce.pricing import operations as pricing

from .booking import Entries, capture_entries

log = structlog.get_logger(__name__)

# Before an authorization lapses, so that a provider that is away can be asked again.
SAFETY = timedelta(days=1)


class Left(NamedTuple):
    """What of a locked order that awaits its money goes ahead."""

    due_minor: int
    is_decided: bool


def reserve(payment: PaymentData, provider: ProviderPayment) -> bool:
    """Confirm an order on reserved money; False when its goods are gone. Idempotent."""
    try:
        with transaction.atomic():
            order = orders.lock(token=payment.order_token)
            if order.state != "pending":
                known = payment_queries.by_id(payment_id=payment.id)
                return order.awaits_capture and known is not None and known.state == "authorized"
            if not payments.mark_authorized(
                payment_id=payment.id, provider=provider, capture_by=_deadline(provider)
            ):
                return False
            orders.confirm(order_id=order.id, awaits_capture=True)
            if payment.terms.keep and provider.method_token:
                payments.keep_method(
                    customer=payment.terms.customer,
                    provider_method=provider.method_token,
                    label=provider.method,
                )
            _claim(order)
            failpoint("inside_reserve")
    except inventory.OutOfStock:
        return False
    return True


def _claim(order: OrderRef) -> None:
    try:
        inventory.claim(holder=order.token)
    except inventory.HoldLost:
        inventory.claim(
            holder=order.token,
            quantities=order_queries.quantities(order_id=order.id),
            late=order_queries.promised_late(order_id=order.id),
            places=order_queries.places(order_id=order.id),
        )


def _deadline(provider: ProviderPayment) -> datetime:
    until = clock.now() + timedelta(days=settings.PAYMENT_CAPTURE_DAYS)
    if provider.capture_before is not None:
        until = min(until, provider.capture_before - SAFETY)
    return until


def left_of(order: OrderRef) -> Left:
    """Return what of a locked order is still to be paid, and whether every seller has answered."""
    parts = order_queries.seller_orders_of(order_ids=[order.id]).get(order.id, [])
    due = sum(part.total_minor for part in order_queries.left_to_charge(order_id=order.id))
    return Left(due, all(part.state != "confirmed" for part in parts))


def take_or_wait(payment: PaymentData, provider: ProviderPayment) -> ProviderPayment:
    """Take reserved money once it is due, let it go when nobody waits for it, else leave it.

    Returns what became of it; "authorized" means that it stays as it is. Killed
    half-way, the next look goes on from there: amount and key are fixed before the
    provider hears. Raises GatewayUnavailable.
    """
    if not reserve(payment, provider):
        return get_payment_gateway().cancel_payment(payment_id=str(provider.payment_id))
    agreed = _agree(payment.order_token, payment.id)
    if agreed is None:
        return provider
    failpoint("capture_agreed")
    if not agreed.capture_minor:
        return get_payment_gateway().cancel_payment(payment_id=str(provider.payment_id))
    taken = get_payment_gateway().capture_payment(
        idempotency_key=f"{payment.idempotency_key}:capture",
        payment_id=str(provider.payment_id),
        amount_minor=agreed.capture_minor,
    )
    failpoint("after_capture")
    return taken


@transaction.atomic
def _agree(order_token: str, payment_id: int) -> PaymentData | None:
    """Fix what is taken, when it is due; an amount of none says that all of it is let go."""
    order = orders.lock(token=order_token)
    payment = payment_queries.by_id(payment_id=payment_id)
    if payment is None or payment.state != "authorized":
        return None
    if not order.awaits_capture or payment.capture_minor is not None:
        return payment
    left = left_of(order)
    overdue = payment.capture_by is not None and clock.now() >= payment.capture_by
    if not (left.is_decided or overdue):
        payments.look_when_due(payment_id=payment.id)
        return None
    if not left.due_minor:
        _charge_nothing(order)
        return payment
    return payments.agree_to_capture(payment_id=payment.id, amount_minor=left.due_minor)


def _charge_nothing(order: OrderRef) -> None:
    """What goes ahead costs its shopper nothing; who bears it is booked all the same."""
    entries = capture_entries(parts=orders.charged(order_id=order.id), gross_minor=0, fee_minor=0)
    if any(entries.values()):
        ledger.post(
            business_key=f"capture-credit:{order.number}",
            kind="paid by credit",
            entries=entries,
            currency=order.total.currency,
            memo=order.number,
        )


def charge(order: OrderRef, payment: PaymentData, provider: ProviderPayment) -> Entries:
    """Note that a locked order's money came; returns what is booked of it.

    What was given up after the amount was fixed is more than the order needs: it goes back.
    """
    payments.capture(payment_id=payment.id, provider=provider)
    parts = orders.charged(order_id=order.id)
    entries = capture_entries(
        parts=parts, gross_minor=provider.amount_minor, fee_minor=provider.fee_minor or 0
    )
    over = provider.amount_minor - sum(part.total_minor for part in parts)
    if over > 0:
        payments.request_refund(
            payment_id=payment.id,
            amount=Money(over, provider.currency),
            business_key=f"over:{payment.id}",
            reason="canceled while the payment was being taken",
        )
        entries["refunds:owed"] = -over
    return entries


def wait_for_other(order: OrderRef, payment: PaymentData) -> None:
    """Have a locked order whose money went back wait for a new payment, as when it lapses."""
    attempts = payment_queries.of_order(order_tokens=[order.token])[order.token]
    if order.awaits_capture and all(each.renew_by is None for each in attempts):
        period = timedelta(days=settings.PAYMENT_RENEWAL_DAYS)
        payments.note_lapsed(payment_id=payment.id, period=period)


def ask_anew(payment: PaymentData, provider: ProviderPayment | None) -> bool:
    """Ask for a new payment of an order whose reserved money is gone, or give it up at last.

    What a person looks at is waited for. Without `provider` the attempt has ended before.
    Returns False when the order does not wait for this payment. Raises
    GatewayUnavailable.
    """
    with transaction.atomic():
        order = orders.lock(token=payment.order_token)
        attempts = payment_queries.of_order(order_tokens=[order.token])[order.token]
        waiting = next((each for each in attempts if each.renew_by is not None), None)
        current = next((each for each in attempts if each.is_open), None)
        if not order.awaits_capture:
            return False
        if provider is not None and current is not None and current.id == payment.id:
            payments.close(
                payment_id=payment.id,
                canceled=provider.state != "failed",
                failure_code=provider.failure_code or "authorization_lapsed",
            )
            current = None
        if current is not None or any(each.state == "review" for each in attempts):
            return True
        if not left_of(order).due_minor:
            _charge_nothing(order)
            return True
        if waiting is None:
            log.warning("payment.lapsed", order=order.number)
            wait_for_other(order, payment)
            return True
        if waiting.renew_by and clock.now() >= waiting.renew_by:
            give_order_up(order, reason="no new payment came in time")
    return True


def give_order_up(order: OrderRef, *, reason: str) -> None:
    """Cancel a locked order that was never charged, part by part, and put its goods back."""
    parts = order_queries.seller_orders_of(order_ids=[order.id]).get(order.id, [])
    units: list[tuple[SellerOrderData, int, int]] = []
    for part in parts:
        left = {line.id: line.open_quantity for line in part.lines if line.open_quantity}
        if not left:
            continue
        orders.cancel_units(
            seller_order_id=part.id,
            units=left,
            terms=Terms(kind="canceled", business_key=f"unpaid:{part.id}", reason=reason),
        )
        units += [(part, line.variant_id, left[line.id]) for line in part.lines if line.id in left]
    for part, variant_id, quantity in sorted(units, key=lambda unit: unit[1]):
        inventory.put_back(
            variant_id=variant_id,
            location_id=None,
            quantity=quantity,
            cause="canceled",
            reference=part.number,
            holder=order.token,
        )
    pricing.release(order_token=order.token)
