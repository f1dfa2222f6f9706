from datetime import timedelta

import pytest
from django.db.models.functions import Now

from commerce.payouts import operations, periods
from commerce.payouts.models import Earning, Payout
from commerce.payouts.operations import InvalidTerms, agree_terms, drop_terms
from commerce.payouts.terms import common_terms, terms_of
from tests.factories.fulfillment import delivered
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def agree(seller=None, **changes):
    agree_terms(
        **{
            "seller_id": seller and seller.pk, "schedule": "daily", "minimum_minor": 0,
            "hold_days": 7, "reserve_bps": 0, "reserve_days": 90, **changes,
        }
    )  # fmt: skip


def test_a_sellers_own_terms_go_before_everybodys():
    own, other = make_seller(), make_seller()
    agree(hold_days=13)
    agree(hold_days=14)
    agree(own, hold_days=0)
    found = terms_of(seller_ids=[own.pk, other.pk])
    assert (found[own.pk].hold_days, found[other.pk].hold_days) == (0, 14)
    drop_terms(seller_id=own.pk)
    assert terms_of(seller_ids=[own.pk])[own.pk] == common_terms()


def test_the_hold_runs_from_delivery():
    seller = make_seller()
    agree(seller, hold_days=14)
    (part,) = sell(Sold(seller=seller)).seller_orders
    delivered(part)
    operations.release_earning(seller_order_id=part.id)
    waiting = Earning.objects.get().available_at - Earning.objects.get().created_at
    assert timedelta(days=13, hours=23) < waiting < timedelta(days=14, hours=1)


def test_each_seller_is_paid_by_the_own_schedule():
    daily, monthly = make_seller(payable=True), make_seller(payable=True)
    agree(monthly, schedule="monthly")
    earned(daily, monthly)
    assert len(operations.run_schedule()) == 2
    assert set(Payout.objects.values_list("seller_id", "period")) == {
        (daily.pk, periods.current("daily")),
        (monthly.pk, periods.current("monthly")),
    }
    earned(monthly)
    assert operations.run_schedule() == []


def test_less_than_the_minimum_waits_but_not_when_paid_by_hand():
    seller = make_seller(payable=True)
    agree(seller, minimum_minor=10_000)
    earned(seller)
    assert operations.run_schedule() == []
    earned(seller)
    assert len(operations.run_schedule()) == 1
    earned(seller)
    assert len(operations.run_now()) == 1


def test_a_share_is_kept_in_reserve_and_comes_free_later():
    seller = make_seller(payable=True)
    agree(seller, reserve_bps=1000, reserve_days=30)
    earned(seller)
    operations.run_schedule()
    check_deferred_constraints()
    assert Payout.objects.get().amount_minor == 5200 - 520
    kept = Earning.objects.get(kind="reserve")
    assert kept.amount_minor == 520

    Earning.objects.filter(pk=kept.pk).update(available_at=Now())
    (second,) = operations.run_now()
    assert Payout.objects.get(pk=second).amount_minor == 520
    check_deferred_constraints()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schedule", "hourly"), ("hold_days", -1), ("hold_days", 366), ("reserve_bps", 10_001),
        ("reserve_days", -1), ("minimum_minor", -1),
    ],
)  # fmt: skip
def test_terms_that_cannot_be_kept_are_refused_by_name(field, value):
    with pytest.raises(InvalidTerms) as refused:
        agree(**{field: value})
    assert list(refused.value.errors) == [field]


def test_the_minimum_holds_for_the_base_currency_and_each_currency_is_paid_by_itself():
    seller = make_seller(payable=True)
    agree(seller, minimum_minor=1_000_000)
    for currency in ("USD", "EUR", "JPY"):
        earned(seller, currency=currency)

    operations.run_schedule()

    paid = Payout.objects.order_by("currency").values_list("currency", "amount_minor")
    assert list(paid) == [("EUR", 5200), ("JPY", 5200)]
