"""Money that is promised and not there: reserved on a card, or on its way from a bank."""

import contextlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from commerce.gateways.payments import ProviderPayment, get_payment_gateway
from commerce.inventory import operations as inventory
from commerce.kernel.failpoints import failpoint
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.payments import operations as payments
from commerce.payments.types import PaymentData

# How long goods whose hold had lapsed are held again while their reserved money is taken.
SECURED_MINUTES = 10


def take_or_let_go(payment: PaymentData, provider: ProviderPayment) -> ProviderPayment:
    """Take reserved money when the order waits for it and its goods are held; else let it go.

    Returns what became of it; "authorized" means that it is looked at again later.
    Killed half-way, the next look at the payment goes on from there. Raises
    GatewayUnavailable.
    """
    gateway, payment_id = get_payment_gateway(), str(provider.payment_id)
    failpoint("authorization_seen")
    if not _goods_are_there(payment, provider):
        return gateway.cancel_payment(payment_id=payment_id)
    taken = gateway.capture_payment(
        idempotency_key=f"{payment.idempotency_key}:capture",
        payment_id=payment_id,
        amount_minor=payment.amount.minor,
    )
    failpoint("after_capture")
    return taken


def _goods_are_there(payment: PaymentData, provider: ProviderPayment) -> bool:
    try:
        with transaction.atomic():
            order = orders.lock(token=payment.order_token)
            if order.state != "pending":
                return False
            if not payments.mark_authorized(payment_id=payment.id, provider=provider):
                return False
            inventory.reserve(
                holder=order.token,
                quantities=order_queries.quantities(order_id=order.id),
                minutes=SECURED_MINUTES,
                late=order_queries.promised_late(order_id=order.id),
                places=order_queries.places(order_id=order.id),
            )
    except (inventory.OutOfStock, inventory.ShareTaken, inventory.DifferentHold):
        return False
    return True


def wait_for_bank(payment: PaymentData) -> None:
    """Hold the goods for as long as slow payments may take, from the first word of it on."""
    period = timedelta(days=settings.PAYMENT_PERIOD_DAYS)
    with transaction.atomic():
        order = orders.lock(token=payment.order_token)
        if payments.mark_processing(payment_id=payment.id, period=period):
            # A hold that was lost is asked for again when the money is there.
            with contextlib.suppress(inventory.HoldLost):
                minutes = int(period.total_seconds() // 60)
                inventory.extend(holder=order.token, minutes=minutes, kind="slow")
