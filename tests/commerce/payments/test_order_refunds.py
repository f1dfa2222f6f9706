"""Money of an order goes back, whatever it was paid with, and never more than it brought."""

import pytest

from commerce.kernel.money import Money
from commerce.payments import operations
from commerce.payments.models import Payment, Refund
from commerce.payments.types import RefundedOrder
from tests.factories.payments import make_captured


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def refund(order_token: str, minor: int, key: str = "r:1") -> RefundedOrder:
    return operations.refund_order(
        order_token=order_token, amount=usd(minor), business_key=key, reason="one item less"
    )


@pytest.mark.django_db
def test_a_card_gets_its_own_money_back() -> None:
    payment = make_captured(5000)

    done = refund(payment.order_token, 2000)

    assert done == RefundedOrder(method_minor=2000, refund_id=Refund.objects.get().pk)
    assert Payment.objects.get().refunded_minor == 2000


@pytest.mark.django_db
def test_an_order_is_refunded_once_per_key() -> None:
    payment = make_captured(5000)

    assert refund(payment.order_token, 2000) == refund(payment.order_token, 2000)
    assert Payment.objects.get().refunded_minor == 2000


@pytest.mark.django_db
def test_an_order_gives_no_more_than_it_brought() -> None:
    payment = make_captured(5000)
    refund(payment.order_token, 4000)

    with pytest.raises(operations.RefundTooLarge) as refused:
        refund(payment.order_token, 1001, "r:2")

    assert refused.value.left == usd(1000)


@pytest.mark.django_db
def test_an_order_that_brought_nothing_gives_nothing() -> None:
    with pytest.raises(operations.RefundTooLarge):
        refund("nothing-paid", 1)
