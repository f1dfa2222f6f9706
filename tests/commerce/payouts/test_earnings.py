from datetime import timedelta

import pytest
from django.db import Error, transaction

from commerce.kernel.money import Money
from commerce.orders import operations as orders
from commerce.orders.models import SellerOrder
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payouts import operations, queries
from commerce.payouts.models import Earning
from tests.factories.fulfillment import delivered, shipped
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def part_of(part):
    return SellerOrder.objects.get(pk=part.id)


def earning_of(part):
    return queries.earnings_of(seller_order_ids=[part.id]).get(part.id)


def test_a_seller_earns_goods_less_commission_plus_shipping_and_no_tax():
    order = sell(
        Sold(seller=make_seller(), unit_minor=2500, quantity=2, shipping_minor=700),
        Sold(seller=make_seller(), unit_minor=999, quantity=1, shipping_minor=0),
    )
    assert operations.credit_order(order_id=order.id) == 2
    first, second = order.seller_orders
    assert earning_of(first).amount == Money(5000 - 500 + 700, "USD")
    assert earning_of(second).amount == Money(999 - 100, "USD")
    assert earning_of(first).available_at is None


def test_an_order_is_credited_once():
    order = sell(Sold(seller=make_seller()))
    assert operations.credit_order(order_id=order.id) == 1
    assert operations.credit_order(order_id=order.id) == 0
    assert Earning.objects.count() == 1


def test_the_news_of_a_sale_credits_and_of_a_delivery_releases():
    order = sell(Sold(seller=make_seller()))
    (part,) = order.seller_orders
    delivered(part)
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)

    found = earning_of(part)
    assert found.available_at == part_of(part).delivered_at + timedelta(days=7)


def test_a_delivery_heard_of_before_the_sale_credits_it_first():
    order = sell(Sold(seller=make_seller()))
    (part,) = order.seller_orders
    delivered(part)
    operations.release_earning(seller_order_id=part.id)
    assert earning_of(part).available_at is not None
    assert operations.credit_order(order_id=order.id) == 0


def test_what_is_not_delivered_is_not_released():
    order = sell(Sold(seller=make_seller()))
    operations.credit_order(order_id=order.id)
    operations.release_earning(seller_order_id=order.seller_orders[0].id)
    assert earning_of(order.seller_orders[0]).available_at is None


def test_what_the_seller_keeps_of_a_part_that_never_arrives_is_released():
    """The parcel was lost, and the marketplace bears it."""
    order = sell(Sold(seller=make_seller()))
    (part,) = order.seller_orders
    shipped(part)
    units = {line.id: line.quantity for line in part.lines}
    orders.record_lost(seller_order_id=part.id, units=units)
    orders.refund_units(
        seller_order_id=part.id,
        units=units,
        terms=orders.Terms(kind="claim", business_key="lost", borne_minor=part.earning.minor - 700),
    )
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("pk"):
        deliver(delivery_id=delivery.pk)

    found = earning_of(part)
    assert found.amount == part.earning
    assert found.available_at is not None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount_minor": 1}, "record of a sale"),
        ({"charge": "ch_other"}, "record of a sale"),
        ({"provider_transfer": "tr_1"}, "transferred_by_a_payout"),
    ],
)
def test_the_database_keeps_an_earning_as_it_was(change, problem):
    earned(make_seller())
    with pytest.raises(Error, match=problem), transaction.atomic():
        Earning.objects.update(**change)


def test_the_database_keeps_every_earning():
    earned(make_seller())
    with pytest.raises(Error, match="stays on record"), transaction.atomic():
        Earning.objects.all().delete()


def test_the_database_ties_an_earning_to_the_seller_of_its_order():
    part, stranger = sell(Sold(seller=make_seller())).seller_orders[0], make_seller()
    with pytest.raises(Error, match="is not of seller"), transaction.atomic():
        Earning.objects.create(
            seller=stranger, seller_order_id=part.id, currency="USD", amount_minor=1, charge="ch"
        )
