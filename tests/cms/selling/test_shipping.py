import pytest

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import ShippingMethod
from commerce.fulfillment.types import Parcel
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

LIST = "/admin/selling/shipping/"
EXPRESS = {
    "name": "Express", "carrier_code": "usps", "base": "9.90", "per_kg": "", "free_from": "100",
    "min_days": "1", "max_days": "2", "max_kilograms": "20", "countries": ["US", "CA"],
}  # fmt: skip


@pytest.fixture
def shop():
    return open_shop("Acme")


def offers(shop, **parcel):
    wanted = Parcel(
        seller_id=shop.seller.pk,
        **{"country": "US", "weight_grams": 500, "goods_minor": 2000, **parcel},
    )
    found = fulfillment.shipping_options(parcels=[wanted], currency="USD")
    return [(option.name, option.price.minor) for option in found[shop.seller.pk]]


def test_a_new_way_is_offered_to_shoppers(shop):
    answer = shop.client().post(f"{LIST}new/", EXPRESS)

    assert answer.status_code == 302
    assert offers(shop) == [("Standard", 700), ("Express", 990)]
    assert offers(shop, goods_minor=10_000) == [("Express", 0), ("Standard", 700)]
    assert offers(shop, country="DE") == [("Standard", 700)]


def test_a_way_can_cost_nothing(shop):
    shop.client().post(f"{LIST}new/", {**EXPRESS, "base": "0"})

    assert ("Express", 0) in offers(shop)


def test_a_renamed_way_replaces_the_old_one(shop):
    client = shop.client()
    standard = ShippingMethod.objects.get(seller=shop.seller)

    client.post(f"{LIST}{standard.pk}/", {**EXPRESS, "name": "Parcel"})

    assert offers(shop) == [("Parcel", 990)]


def test_a_withdrawn_way_is_offered_no_longer(shop):
    standard = ShippingMethod.objects.get(seller=shop.seller)

    shop.client().post(f"{LIST}{standard.pk}/withdraw/")

    assert offers(shop) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Standard"}, "You have a way of this name already."),
        ({"max_days": "0"}, "This cannot be less than the days at least."),
        ({"base": "-1"}, "The price cannot be below zero."),
        ({"countries": ["XX"]}, "XX is not one of the available choices"),
        ({"carrier_code": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_is_explained(shop, change, message):
    answer = shop.client().post(f"{LIST}new/", {**EXPRESS, **change})

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert offers(shop) == [("Standard", 700)]


def test_ways_of_others_do_not_exist(shop):
    foreign = ShippingMethod.objects.get(seller=open_shop("Borealis").seller)
    client = shop.client()

    assert client.get(f"{LIST}{foreign.pk}/").status_code == 404
    assert client.post(f"{LIST}{foreign.pk}/", EXPRESS).status_code == 404
    assert client.post(f"{LIST}{foreign.pk}/withdraw/").status_code == 404
    foreign.refresh_from_db()
    assert (foreign.name, foreign.is_active) == ("Standard", True)
