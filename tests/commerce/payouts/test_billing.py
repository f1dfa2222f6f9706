from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.payouts import operations, queries
from commerce.payouts.billing import next_month
from commerce.payouts.models import Deduction, Payout
from commerce.sellers import operations as sellers
from commerce.sellers.models import Subscription
from tests.factories.payouts import earned
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def usd(minor):
    return Money(minor, "USD")


@pytest.fixture
def seller():
    seller = make_seller(payable=True)
    sellers.offer_plan(code="pro", name="Pro", monthly=usd(2900))
    sellers.subscribe(seller_id=seller.pk, plan_code="pro")
    return seller


def let_pass(**time):
    """Move what was agreed into the past, behind its guard."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE sellers_subscription SET started_at = started_at - %s,"
            " paid_until = paid_until - %s",
            [timedelta(**time)] * 2,
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_month_of_a_plan_is_charged_once_and_is_income(seller):
    assert operations.bill_subscriptions() == 1
    assert operations.bill_subscriptions() == 0
    assert ledger.balance(code="subscriptions", currency="USD") == -2900
    assert queries.summary(seller_id=seller.pk, currency="USD").deductions == usd(2900)


def test_months_that_nobody_billed_are_charged_one_by_one(seller):
    let_pass(days=70)
    assert [operations.bill_subscriptions() for _ in range(4)] == [1, 1, 1, 0]
    assert Deduction.objects.values("business_key").distinct().count() == 3


def test_a_plan_is_paid_from_what_the_seller_earns(seller):
    earned(seller)
    operations.bill_subscriptions()
    operations.run(period="x")
    assert Payout.objects.get().amount_minor == 5200 - 2900


def test_a_plan_is_charged_when_it_is_chosen_and_once_a_month(seller):
    sellers.offer_plan(code="other", name="Other", monthly=usd(4900))
    operations.choose_plan(seller_id=seller.pk, plan_code="other")
    assert ledger.balance(code="subscriptions", currency="USD") == -4900
    sellers.unsubscribe(seller_id=seller.pk)
    operations.choose_plan(seller_id=seller.pk, plan_code="other")
    assert operations.bill_subscriptions() == 0
    assert Subscription.objects.filter(ends_at=None).count() == 1
    assert ledger.balance(code="subscriptions", currency="USD") == -4900


def test_a_canceled_plan_is_charged_no_more(seller):
    operations.bill_subscriptions()
    sellers.unsubscribe(seller_id=seller.pk)
    assert Subscription.objects.get().ends_at == Subscription.objects.get().paid_until
    assert operations.bill_subscriptions() == 0


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2028, 1, 31, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 12, 15, tzinfo=UTC), datetime(2027, 1, 15, tzinfo=UTC)),
    ],
)
def test_a_month_ends_on_its_day_or_the_last_there_is(day, following):
    assert next_month(day, day=day.day) == following


def test_a_short_month_does_not_move_the_day_for_ever():
    assert next_month(datetime(2026, 2, 28, tzinfo=UTC), day=31) == datetime(
        2026, 3, 31, tzinfo=UTC
    )


def test_staff_give_and_take_with_a_reason_once_per_reference(seller):
    earned(seller)
    for _ in range(2):
        operations.correct(
            seller_id=seller.pk, amount=usd(500), reason="Lost by our courier", reference="t-1"
        )
        operations.correct(
            seller_id=seller.pk, amount=usd(-200), reason="Sent twice", reference="t-2"
        )
    assert ledger.balance(code="losses", currency="USD") == 300
    operations.run(period="x")
    assert Payout.objects.get().amount_minor == 5200 + 500 - 200
    again = operations.correct(seller_id=seller.pk, amount=usd(-500), reason="", reference="t-1")
    assert again is False
    assert not Deduction.objects.filter(amount_minor=500).exists()
    with pytest.raises(ValueError, match="moves something"):
        operations.correct(seller_id=seller.pk, amount=usd(0), reason="", reference="t-3")
