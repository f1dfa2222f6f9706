"""Of all rules that fit a sale the most specific decides, and history is never rewritten."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import Error, transaction

from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.sellers import operations, queries
from commerce.sellers.models import CommissionRule, Subscription
from commerce.sellers.operations import InvalidRate, NotOffered
from commerce.sellers.types import Commissioned
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

BOOKS, LAMPS = uuid4(), uuid4()


def usd(minor):
    return Money(minor, "USD")


def rate(seller, *categories: UUID, at=None):
    item = Commissioned(
        key=1, seller_id=seller.pk, category_keys=frozenset(str(key) for key in categories)
    )
    return queries.rates(items=[item], at=at or clock.now())[1].bps


@pytest.fixture
def seller():
    return make_seller(rate_bps=1500)


@pytest.fixture
def plan():
    operations.offer_plan(code="pro", name="Pro", monthly=usd(2900))


def test_without_a_rule_the_agreement_decides(seller):
    assert rate(seller, BOOKS) == 1500


def test_the_more_specific_rule_decides_even_when_it_is_dearer(seller, plan):
    operations.subscribe(seller_id=seller.pk, plan_code="pro")
    steps = [
        ({"category_key": BOOKS}, 1200),
        ({"plan_code": "pro"}, 1100),
        ({"plan_code": "pro", "category_key": BOOKS}, 1300),
        ({"seller_id": seller.pk}, 900),
        ({"seller_id": seller.pk, "category_key": BOOKS}, 1400),
    ]
    for scope, bps in steps:
        operations.add_commission_rule(label="x", rate_bps=bps, **scope)
        assert rate(seller, BOOKS) == bps
    assert rate(seller, LAMPS) == 900


def test_of_two_rules_equally_specific_the_lower_rate_decides(seller):
    operations.add_commission_rule(label="a", rate_bps=1200, category_key=BOOKS)
    operations.add_commission_rule(label="b", rate_bps=1000, category_key=LAMPS)
    assert rate(seller, BOOKS, LAMPS) == 1000


def test_a_rule_holds_from_its_beginning_to_its_end(seller):
    now = clock.now()
    operations.add_commission_rule(
        label="spring",
        rate_bps=500,
        seller_id=seller.pk,
        valid_from=now + timedelta(days=1),
        valid_until=now + timedelta(days=2),
    )
    days = [rate(seller, at=now + timedelta(days=d, seconds=1)) for d in (0, 1, 2)]
    assert days == [1500, 500, 1500]


def test_a_rule_of_a_plan_is_only_for_who_is_on_it(seller, plan):
    operations.add_commission_rule(label="pro", rate_bps=800, plan_code="pro")
    assert rate(seller) == 1500
    operations.subscribe(seller_id=seller.pk, plan_code="pro")
    assert rate(seller) == 800


def test_the_rates_of_many_lines_take_one_statement(seller):
    other = make_seller()
    items = [Commissioned(key=k, seller_id=s.pk) for k, s in enumerate([seller, other] * 5)]
    with counted() as statements:
        queries.rates(items=items, at=clock.now())
    assert len(statements) == 2  # the moment itself is asked for


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_bps": 10_001, "category_key": BOOKS},
        {"rate_bps": -1, "category_key": BOOKS},
        {"rate_bps": 100},
        {"rate_bps": 100, "seller_id": 1, "plan_code": "pro"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields):
    with pytest.raises(InvalidRate):
        operations.add_commission_rule(label="x", **fields)


def test_a_rule_for_the_past_or_an_unknown_plan_is_refused(seller):
    with pytest.raises(InvalidRate, match="past"):
        operations.add_commission_rule(
            label="x", rate_bps=1, category_key=BOOKS, valid_from=clock.now() - timedelta(hours=1)
        )
    with pytest.raises(NotOffered):
        operations.add_commission_rule(label="x", rate_bps=1, plan_code="none")


def test_ending_a_rule_keeps_it_on_record(seller):
    rule_id = operations.add_commission_rule(label="x", rate_bps=1, category_key=BOOKS)
    operations.end_commission_rule(rule_id=rule_id)
    assert rate(seller, BOOKS) == 1500
    assert CommissionRule.objects.filter(pk=rule_id).exists()


@pytest.mark.parametrize("change", [{"rate_bps": 2}, {"category_key": LAMPS}, {"label": "y"}])
def test_the_database_never_changes_a_rule(change):
    operations.add_commission_rule(label="x", rate_bps=1, category_key=BOOKS)
    with pytest.raises(Error, match="never changed"), transaction.atomic():
        CommissionRule.objects.update(**change)


def test_a_plan_is_changed_at_once_and_ended_when_its_month_is_over(seller, plan):
    operations.offer_plan(code="max", name="Max", monthly=usd(9900))
    first = operations.subscribe(seller_id=seller.pk, plan_code="pro")
    assert operations.subscribe(seller_id=seller.pk, plan_code="pro") == first
    operations.subscribe(seller_id=seller.pk, plan_code="max")
    assert queries.subscription_of(seller_id=seller.pk).plan.code == "max"
    operations.unsubscribe(seller_id=seller.pk)
    assert Subscription.objects.filter(ends_at=None).count() == 0


def test_who_is_on_a_plan_keeps_its_price(seller, plan):
    operations.subscribe(seller_id=seller.pk, plan_code="pro")
    operations.offer_plan(code="pro", name="Pro", monthly=usd(4900), is_offered=False)
    assert queries.subscription_of(seller_id=seller.pk).monthly == usd(2900)
    with pytest.raises(NotOffered):
        operations.subscribe(seller_id=make_seller().pk, plan_code="pro")
    with pytest.raises(Error, match="stays as it was agreed"), transaction.atomic():
        Subscription.objects.update(monthly_minor=1)
