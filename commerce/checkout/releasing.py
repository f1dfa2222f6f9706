"""Giving an order up: its stock goes back on sale, its cart goes back to the shopper."""

import contextlib

from django.db import transaction

from commerce.cart import operations as carts
from commerce.credits import operations as credits
from commerce.inventory import operations as inventory
from commerce.orders import operations as orders
from commerce.orders.types import OrderRef
from commerce.payments import operations as payments
from commerce.payments.types import PaymentData
from commerce.pricing import operations as pricing


def give_up(
    *,
    payment: PaymentData,
    reason: str,
    failure_code: str = "",
    canceled: bool = False,
    only_unopened: bool = True,
) -> str:
    """End an attempt that can bring no money, and its order with it; returns the order's state.

    With `only_unopened`, an attempt whose page was opened meanwhile is left alone.
    """
    with transaction.atomic():
        order = orders.lock(token=payment.order_token)
        if only_unopened:
            ended = payments.close_unopened(payment_id=payment.id, failure_code=failure_code)
        else:
            ended = payments.close(
                payment_id=payment.id, canceled=canceled, failure_code=failure_code
            )
        if not ended or order.state != "pending":
            return order.state
        release_order(order, reason=reason)
    return "canceled"


def release_order(order: OrderRef, *, reason: str) -> None:
    """Cancel a locked pending order, free its stock, promotions and credit, and reopen its cart."""
    orders.cancel(order_id=order.id, reason=reason)
    # A cart that was merged or has expired meanwhile cannot come back.
    with contextlib.suppress(carts.CartClosed):
        carts.reopen(cart_id=order.cart_id)
    inventory.release(holder=order.token)
    pricing.release(order_token=order.token)
    credits.release(order_token=order.token)
