"""Two people pack the same order at the same instant."""

import pytest
from django.db.models import Sum

from commerce.fulfillment import operations
from commerce.fulfillment.models import ShipmentLine
from commerce.orders.models import OrderLine
from tests.factories.fulfillment import make_carrier
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.race import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def part():
    make_carrier()
    return sell(Sold(seller=make_seller(), quantity=3)).seller_orders[0]


def ship(part, quantities=None):
    return operations.ship(
        seller_id=part.seller_id,
        seller_order_id=part.id,
        carrier_code="usps",
        tracking_number="1",
        quantities=quantities,
    )


def test_eight_clicks_ship_the_order_once(part):
    results = race(lambda: ship(part), times=8)
    refused = [result for result in results if isinstance(result, operations.NotShippable)]
    assert (len(refused), ShipmentLine.objects.aggregate(n=Sum("quantity"))["n"]) == (7, 3)


def test_parcels_packed_at_once_hold_no_more_than_was_ordered(part):
    line = part.lines[0].id
    results = race(lambda: ship(part, {line: 2}), times=6)
    assert len([result for result in results if isinstance(result, int)]) == 1
    assert ShipmentLine.objects.aggregate(n=Sum("quantity"))["n"] == 2
    assert OrderLine.objects.get(pk=line).shipped_quantity == 2
