"""Featured days: charged once, never more than there are places, never another's product."""

from datetime import timedelta

import pytest
from django.db import Error, transaction

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.payouts import operations, queries
from commerce.payouts.models import FeaturedDay, Featuring
from commerce.payouts.operations import NotFeatured
from commerce.payouts.periods import today
from tests.factories.sales import make_variant
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    operations.offer_featuring(daily=Money(500, "USD"), places=2)
    return make_seller()


def product(seller):
    return make_variant(seller).product


def feature(seller, thing, *, after=0, days=3):
    return operations.feature(
        seller_id=seller.pk,
        product_id=thing.pk,
        first_day=today() + timedelta(days=after),
        days=days,
    )


def test_days_are_charged_together_as_income(seller):
    thing = product(seller)
    assert feature(seller, thing) == Money(1500, "USD")
    assert ledger.balance(code="featured", currency="USD") == -1500
    assert queries.summary(seller_id=seller.pk, currency="USD").deductions.minor == 1500
    assert queries.featured_products(limit=5) == [thing.pk]
    (run,) = queries.featured_runs(seller_id=seller.pk)
    assert (run.last_day - run.first_day).days == 2


def test_a_day_has_no_more_products_than_places_and_a_booking_is_whole(seller):
    feature(seller, product(seller), after=1, days=1)
    feature(seller, product(seller), after=1, days=1)
    with pytest.raises(NotFeatured, match="are taken"):
        feature(seller, product(seller), after=0, days=3)
    assert Featuring.objects.count() == 2
    assert list(FeaturedDay.objects.values_list("taken", flat=True)) == [2]
    with pytest.raises(Error, match="no_more_featured"), transaction.atomic():
        FeaturedDay.objects.update(taken=3)


def test_a_product_is_featured_once_a_day(seller):
    thing = product(seller)
    feature(seller, thing)
    with pytest.raises(NotFeatured, match="already"):
        feature(seller, thing, after=2)


def test_nobody_books_for_anothers_product(seller):
    with pytest.raises(NotFeatured, match="your own"):
        feature(seller, product(make_seller()))


@pytest.mark.parametrize(("after", "days"), [(-1, 1), (91, 1), (0, 0), (0, 31)])
def test_days_that_cannot_be_booked_are_refused(seller, after, days):
    with pytest.raises(NotFeatured):
        feature(seller, product(seller), after=after, days=days)


def test_what_is_not_offered_cannot_be_booked():
    seller = make_seller()
    with pytest.raises(NotFeatured, match="not offered"):
        feature(seller, product(seller))
