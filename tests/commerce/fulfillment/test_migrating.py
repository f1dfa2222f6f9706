"""Ways to ship that named countries reach the same places by their zones."""

from importlib import import_module

import pytest
from django.db import connection

from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import Dispatch, ShippingMethod, Zone
from commerce.fulfillment.types import Parcel
from tests.factories.fulfillment import make_carrier
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db
MIGRATION = import_module("commerce.fulfillment.migrations.0005_label_guards")
EUROPE = ["AT", "BE", "DE", "DK", "ES", "FI", "FR", "IE", "IT", "NL"]


def reach(seller):
    return {
        country: [
            option.name
            for option in queries.shipping_options(
                parcels=[
                    Parcel(seller_id=seller.pk, country=country, weight_grams=1, goods_minor=1)
                ],
                currency="USD",
            )[seller.pk]
        ]
        for country in ("US", "CA", "DE", "NL", "JP")
    }


def test_nothing_is_lost_on_the_way_from_countries_to_zones():
    seller, other = make_seller(), make_seller()
    make_carrier()
    for each in (seller, other):
        for name, price, countries in [
            ("Home", 1, ["US"]), ("Near", 2, ["US", "CA"]), ("Far", 3, EUROPE),
            ("Far, fast", 4, EUROPE), ("World", 5, []), ("Home, fast", 6, ["US"]),
        ]:  # fmt: skip
            operations.set_shipping_method(
                seller_id=each.pk, name=name, carrier_code="usps", currency="USD",
                base_minor=price, days=(1, 2), countries=countries,
            )  # fmt: skip
    before = reach(seller)
    assert before["DE"] == ["Far", "Far, fast", "World"]
    kept = list(ShippingMethod.objects.order_by("pk").values_list("pk", "countries"))
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.FROM_ZONES)
        assert list(ShippingMethod.objects.order_by("pk").values_list("pk", "countries")) == kept
        cursor.execute(MIGRATION.TO_ZONES)

    assert reach(seller) == reach(other) == before
    assert Zone.objects.filter(seller=seller).count() == 4
    assert not ShippingMethod.objects.filter(zone__isnull=True).exclude(name="World").exists()
    assert Dispatch.objects.get(seller=seller).country == seller.country
