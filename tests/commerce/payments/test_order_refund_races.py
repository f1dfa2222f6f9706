"""Many refunds of one order at once, by every way: together never more than it brought."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from commerce.checkout import operations as checkout
from commerce.credits import operations as credits
from commerce.credits import queries as credit_queries
from commerce.credits.models import Credit
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.payments import operations
from commerce.payments.models import Payment
from commerce.payments.operations import RefundTooLarge
from commerce.payments.types import RefundedOrder, RefundWay
from devtools.stripe_double import StripeDouble
from tests.factories.credits import make_gift_card
from tests.factories.orders import make_ready_cart
from tests.support.race import meeting, race_all

pytestmark = pytest.mark.django_db(transaction=True)


def paid_by_card_and_credit(double: StripeDouble, credit: int) -> str:
    """A confirmed order of 21.20, of which a gift card paid some."""
    ready = make_ready_cart()
    checkout.add_gift_card(cart_token=ready.token, code=make_gift_card(credit)[1])
    placed = ready.place()
    if placed.payment_url:
        double.pay(placed.payment_url)
        checkout.finalise(order_token=placed.order_token)
    return placed.order_token


def refunding(token: str, number: int, minor: int) -> Callable[[], RefundedOrder]:
    ways: tuple[RefundWay, ...] = ("method", "gift_card")

    def refund() -> RefundedOrder:
        with transaction.atomic():
            done = operations.refund_order(
                order_token=token,
                amount=Money(minor, "USD"),
                business_key=f"r:{number}",
                reason="came back",
                to=ways[number % 2],
                email="ada@example.com",
            )
            ledger.post(
                business_key=f"owed:{number}",
                kind="adjustment",
                entries={"losses": minor, "refunds:owed": -minor},
                currency="USD",
            )
            return done

    return refund


def given_back(token: str) -> int:
    by_card = sum(
        Payment.objects.filter(order_token=token).values_list("refunded_minor", flat=True)
    )
    return by_card + credit_queries.given_back(order_token=token)


@pytest.mark.parametrize("credit", [1000, 5000])
def test_twelve_refunds_of_a_quarter_give_the_whole_once(double: StripeDouble, credit: int) -> None:
    token = paid_by_card_and_credit(double, credit)

    results = race_all([refunding(token, number, 530) for number in range(12)])

    assert [type(each) for each in results].count(RefundedOrder) == 4
    assert [type(each) for each in results].count(RefundTooLarge) == 8
    assert given_back(token) == 2120


def refund_by_looking_first(
    token: str, number: int, all_have_looked: Callable[[], object]
) -> Callable[[], bool]:
    """The control: read what is left, then give it, with nothing locked and the guards asleep."""

    def refund() -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            left = 2120 - credit_queries.given_back(order_token=token)
            if left < 2120:
                return False
            all_have_looked()
            credits.issue(
                kind="gift_card", source="refund", amount=Money(2120, "USD"),
                business_key=f"r:{number}", reason="came back", paid_by="losses",
                order_token=token,
            )  # fmt: skip
        return True

    return refund


def test_the_race_can_see_an_order_given_back_twice(double: StripeDouble) -> None:
    token = paid_by_card_and_credit(double, 5000)

    all_have_looked = meeting(12)
    results = race_all(
        [refund_by_looking_first(token, number, all_have_looked) for number in range(12)]
    )

    assert results.count(True) > 1
    assert Credit.objects.filter(source="refund").count() > 1
