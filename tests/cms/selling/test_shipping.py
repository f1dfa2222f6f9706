from datetime import date

import pytest

from commerce.fulfillment import operations
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import Dispatch, ShippingMethod, Zone
from commerce.fulfillment.types import Parcel
from commerce.inventory import operations as inventory
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

LIST = "/admin/selling/shipping/"
ZONES, HANDLING, PICK_UP = f"{LIST}zones/", f"{LIST}handling/", f"{LIST}pick-up/"
STORE = {**SAN_FRANCISCO.as_dict(), "opening_hours": "Mon–Fri 9–18"}
PLAN = {
    **SAN_FRANCISCO.as_dict(), "time_zone": "America/New_York", "handling_days": "2",
    "cutoff": "12:30", "working_days": ["0", "1", "2"], "closed_days": "2026-12-31",
}  # fmt: skip
EXPRESS = {
    "name": "Express", "carrier_code": "usps", "base": "9.90", "per_kg": "", "free_from": "100",
    "min_days": "1", "max_days": "2", "max_kilograms": "20",
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


def north_america(shop):
    return str(
        operations.save_zone(seller_id=shop.seller.pk, name="North America", places=["US", "CA"])
    )


def test_a_new_way_is_offered_to_shoppers(shop):
    answer = shop.client().post(f"{LIST}new/", {**EXPRESS, "zone": north_america(shop)})

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
        ({"name": "Standard"}, "You have another one of the name “Standard”."),
        ({"max_days": "0"}, "This cannot be less than the days at least."),
        ({"base": "-1"}, "The price cannot be below zero."),
        ({"zone": "999999"}, "999999 is not one of the available choices"),
        ({"carrier_code": ""}, "Choose a carrier from the list."),
        ({"kind": "live"}, "Name the carrier&#x27;s service"),
        ({"kind": "pickup"}, "Choose a location that has an address"),
        ({"brackets": "2 for 9"}, "“2 for 9” is no step."),
        ({"brackets": "1e999999: 9"}, "is no step."),
        ({"brackets": "2: 9.999"}, "is no step."),
        ({"brackets": "2: 9\n2.0: 8"}, "Two rows start at the same value."),
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


def test_a_price_in_steps_is_kept_and_shown_as_typed(shop):
    client = shop.client()
    client.post(f"{LIST}new/", {**EXPRESS, "brackets": "2.5: 14.00\n10: 30", "per_piece": "0.25"})

    assert offers(shop, weight_grams=2499)[-1] == ("Express", 1015)
    assert offers(shop, weight_grams=2500, pieces=2)[-1] == ("Express", 1450)
    express = ShippingMethod.objects.get(seller=shop.seller, name="Express")
    page = client.get(f"{LIST}{express.pk}/").content.decode()
    assert "2.5: 14.00\n10: 30.00" in page


def test_zones_are_named_changed_and_deleted(shop):
    client = shop.client()
    answer = client.post(f"{ZONES}new/", {"name": "Mainland", "places": "us, !us-ak\n!us-hi"})
    assert answer.status_code == 302
    zone = Zone.objects.get(seller=shop.seller)
    assert zone.places == ["!US-AK", "!US-HI", "US"]
    assert "Mainland" in client.get(ZONES).content.decode()

    client.post(f"{LIST}new/", {**EXPRESS, "zone": str(zone.pk)})
    assert ("Express", 990) not in offers(shop, region="AK")
    client.post(f"{ZONES}{zone.pk}/", {"name": "All of it", "places": "US"})
    assert ("Express", 990) in offers(shop, region="AK")

    client.post(f"{ZONES}{zone.pk}/delete/")
    assert Zone.objects.filter(pk=zone.pk).exists()
    express = ShippingMethod.objects.get(seller=shop.seller, name="Express")
    client.post(f"{LIST}{express.pk}/withdraw/")
    client.post(f"{ZONES}{zone.pk}/delete/")
    assert not Zone.objects.filter(pk=zone.pk).exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "Home", "places": "Atlantis"}, "“Atlantis” is no place."),
        ({"name": "Home", "places": "!US"}, "at least one place"),
        ({"name": "", "places": "US"}, "This field is required."),
    ],
)
def test_what_is_no_zone_is_explained_and_kept(shop, given, message):
    answer = shop.client().post(f"{ZONES}new/", given)

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Zone.objects.exists()


def test_zones_and_stores_of_others_do_not_exist(shop):
    other = open_shop("Borealis").seller
    zone_id = operations.save_zone(seller_id=other.pk, name="Theirs", places=["DE"])
    place = inventory.ensure_location(seller_id=other.pk, name="Their store", country="US")
    client = shop.client()

    assert client.get(f"{ZONES}{zone_id}/").status_code == 404
    assert client.post(f"{ZONES}{zone_id}/", {"name": "x", "places": "US"}).status_code == 404
    assert client.post(f"{ZONES}{zone_id}/delete/").status_code == 404
    assert client.get(f"{PICK_UP}{place}/").status_code == 404
    assert client.post(f"{PICK_UP}{place}/", STORE).status_code == 404
    assert "Their" not in client.get(ZONES).content.decode()
    assert "Their" not in client.get(PICK_UP).content.decode()
    assert client.post(f"{LIST}new/", {**EXPRESS, "zone": str(zone_id)}).status_code == 422


def test_handling_is_kept_and_promised_by(shop):
    client = shop.client()
    assert client.get(HANDLING).status_code == 200

    answer = client.post(HANDLING, PLAN)

    assert answer.status_code == 302
    plan = Dispatch.objects.get(seller=shop.seller)
    assert (plan.time_zone, plan.handling_days) == ("America/New_York", 2)
    assert plan.closed_days == [date(2026, 12, 31)]
    assert plan.origin["city"] == "San Francisco"
    assert "2026-12-31" in client.get(HANDLING).content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_zone": "Mars"}, "Mars is not one of the available choices"),
        ({"handling_days": "61"}, "less than or equal to 60"),
        ({"cutoff": "25:00"}, "Enter a valid time."),
        ({"working_days": []}, "This field is required."),
        ({"working_days": ["7"]}, "7 is not one of the available choices"),
        ({"closed_days": "Christmas"}, "“Christmas” is no day."),
        ({"postal_code": "1"}, "postal code"),
    ],
)
def test_what_is_no_plan_is_explained(shop, change, message):
    answer = shop.client().post(HANDLING, {**PLAN, **change})

    assert answer.status_code == 422
    assert message.lower() in answer.content.decode().lower()
    assert not Dispatch.objects.filter(seller=shop.seller).exists()


def test_a_location_becomes_a_store_that_shoppers_can_choose(shop):
    client = shop.client()
    place = inventory.ensure_location(seller_id=shop.seller.pk, name="Store", country="US")
    assert client.post(f"{PICK_UP}{place}/", {**STORE, "opening_hours": ""}).status_code == 422
    assert client.post(f"{PICK_UP}{place}/", STORE).status_code == 302
    assert "Mon–Fri 9–18" in client.get(PICK_UP).content.decode()

    way = {**EXPRESS, "name": "Pick-up", "kind": "pickup", "carrier_code": "", "base": "0"}
    answer = client.post(f"{LIST}new/", {**way, "location": str(place)})

    assert answer.status_code == 302
    assert offers(shop)[-1] == ("Pick-up", 0)


@pytest.mark.parametrize("role", ["editor", "packer"])
@pytest.mark.parametrize("address", [LIST, ZONES, HANDLING, PICK_UP])
def test_only_an_owner_says_how_parcels_travel(shop, role, address):
    assert shop.client(role).get(address).status_code == 404
