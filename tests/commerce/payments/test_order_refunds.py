"""Money of an order goes back, whatever it was paid with, and never more than it brought."""

import pytest
from django.db import connection
from django.db.models.functions import Now

from commerce.credits.models import Spend
from commerce.kernel.money import Money
from commerce.payments import operations
from commerce.payments.models import Dispute, Payment, Refund
from commerce.payments.types import RefundedOrder
from tests.factories.credits import make_gift_card
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


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "by_card"), [("open", 2000), ("lost", 2000), ("won", 0)])
def test_what_the_bank_questions_is_not_given_as_credit_too(state: str, by_card: int) -> None:
    payment = make_captured(5000)
    Dispute.objects.create(
        payment_id=payment.id,
        provider_dispute="dp_1",
        amount_minor=5000,
        state=state,
        closed_at=None if state == "open" else Now(),
    )

    done = operations.refund_order(
        order_token=payment.order_token,
        amount=usd(2000),
        business_key="r:1",
        reason="one item less",
        to="gift_card",
        email="ada@example.com",
    )

    assert (done.method_minor, done.gift_card_minor) == (by_card, 2000 - by_card)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "by_card", "by_credit"), [(2000, 0, 2000), (3000, 0, 3000), (8000, 5000, 3000)]
)
def test_what_credit_paid_comes_back_though_the_bank_took_the_rest(
    wanted: int, by_card: int, by_credit: int
) -> None:
    payment = make_captured(5000)
    card, _ = make_gift_card(3000)
    with connection.cursor() as cursor:  # there is no order that says so
        cursor.execute("SET LOCAL session_replication_role = replica")
        Spend.objects.create(
            credit_id=card, order_token=payment.order_token, amount_minor=3000, state="spent"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    Dispute.objects.create(
        payment_id=payment.id,
        provider_dispute="dp_1",
        amount_minor=5000,
        state="lost",
        closed_at=Now(),
    )

    done = operations.refund_order(
        order_token=payment.order_token,
        amount=usd(wanted),
        business_key="r:1",
        reason="canceled",
        email="ada@example.com",
    )

    assert (done.method_minor, done.gift_card_minor) == (by_card, by_credit)
