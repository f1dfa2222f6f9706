"""A payment that differs from what was asked for: a person takes it or gives it back."""

from typing import Literal

from django.db import transaction

from commerce.gateways.payments import ProviderPayment, get_payment_gateway
from commerce.giftcards import operations as giftcards
from commerce.giftcards import queries as gifts
from commerce.orders import operations as orders
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.payments.types import PaymentData

from .capturing import wait_for_other
from .releasing import release_order
from .settling import return_money, state_of, take_money
from .types import OrderState

MUST_FIT = ("amount", "currency", "mode", "order")


class NotResolvable(Exception):
    """The payment cannot be decided so; the message says why and what to do instead."""


def resolve_review(
    *, payment_id: int, decision: Literal["accept", "return"], reason: str
) -> OrderState:
    """Take a payment in review for its order, or give its money back and release the order.

    The provider is asked first. A payment is taken only when it is paid and its
    amount, currency, mode and order fit. Who decided is kept with the reason.
    Raises NotResolvable, GatewayUnavailable and GatewayRefused.
    """
    payment = payment_queries.by_id(payment_id=payment_id)
    if payment is None or payment.state != "review":
        raise NotResolvable("This payment does not wait for a decision.")
    gateway = get_payment_gateway()
    provider = gateway.retrieve_payment(
        session_id=payment.session_id, payment_id=payment.payment_id
    )
    problems = payment_queries.differences(payment, provider, livemode=gateway.livemode)
    if decision == "accept":
        return _accept(payment, provider, problems, reason)
    if provider.state in ("open", "authorized"):
        provider = _stop(payment, provider)
    return _give_back(payment, provider, problems, reason)


def _accept(
    payment: PaymentData, provider: ProviderPayment, problems: dict[str, str], reason: str
) -> OrderState:
    wrong = [f"its {name} {problems[name]}" for name in MUST_FIT if name in problems]
    if provider.state != "paid":
        wrong.append(f"the provider says that it is {provider.state}")
    if wrong:
        raise NotResolvable(f"It cannot be taken for the order: {'; '.join(wrong)}.")
    with transaction.atomic():
        payments.note_decision(payment_id=payment.id, decision="accept", reason=reason)
        if gifts.is_gift(order_token=payment.order_token):
            giftcards.accept_reviewed(payment=payment, provider=provider)
            return "confirmed"
        return take_money(payment, provider)


def _stop(payment: PaymentData, provider: ProviderPayment) -> ProviderPayment:
    gateway = get_payment_gateway()
    if provider.state == "authorized":
        return gateway.cancel_payment(payment_id=str(provider.payment_id))
    return gateway.cancel(session_id=str(payment.session_id))


def _give_back(
    payment: PaymentData, provider: ProviderPayment, problems: dict[str, str], reason: str
) -> OrderState:
    if provider.state == "processing":
        raise NotResolvable("The bank has not decided about it yet. Please come back later.")
    known = payment_queries.by_charge(charge_id=provider.charge_id) if provider.charge_id else None
    brings_money = (
        provider.state == "paid"
        and provider.refunded_minor < provider.amount_minor
        and known is None
    )
    if brings_money and ("currency" in problems or "mode" in problems):
        raise NotResolvable(
            "It is in another currency or mode than ours. Please refund it in the provider's "
            "dashboard, then return it here."
        )
    if gifts.is_gift(order_token=payment.order_token):
        with transaction.atomic():
            giftcards.return_reviewed(payment=payment, provider=provider, brings_money=brings_money)
            payments.note_decision(payment_id=payment.id, decision="return", reason=reason)
        return "canceled"
    with transaction.atomic():
        order = orders.lock(token=payment.order_token)
        payments.note_decision(payment_id=payment.id, decision="return", reason=reason)
        if brings_money:
            state = return_money(payment, provider, reason="returned after review")
            wait_for_other(order, payment)
            return state
        if payments.close_reviewed(payment_id=payment.id):
            wait_for_other(order, payment)
            if order.state == "pending":
                release_order(order, reason="payment returned after review")
    return state_of(payment.order_token)
