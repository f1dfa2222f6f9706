import re
from datetime import time, timedelta

import pytest
from django.db import IntegrityError

from commerce.fulfillment import operations, queries, subscribers
from commerce.fulfillment.models import Dispatch, ShippingMethod
from commerce.fulfillment.types import Parcel
from commerce.inventory import operations as inventory
from commerce.kernel.money import Money
from commerce.sellers.events import SellerApproved
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_sellable
from tests.factories.fulfillment import make_carrier
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def offer(seller, name="Standard", **changes):
    make_carrier()
    values = {
        "carrier_code": "usps", "currency": "USD", "base_minor": 500, "per_kg_minor": 150,
        "days": (3, 5),
    }  # fmt: skip
    return operations.set_shipping_method(seller_id=seller.pk, name=name, **{**values, **changes})


def options(seller, *, country="US", weight_grams=800, goods_minor=2000, currency="USD"):
    parcel = Parcel(
        seller_id=seller.pk, country=country, weight_grams=weight_grams, goods_minor=goods_minor
    )
    return queries.shipping_options(parcels=[parcel], currency=currency)[seller.pk]


@pytest.mark.parametrize(
    ("weight_grams", "price"), [(0, 500), (1, 650), (1000, 650), (1001, 800), (2500, 950)]
)
def test_each_started_kilogram_is_charged(weight_grams, price):
    seller = make_seller()
    offer(seller)
    (only,) = options(seller, weight_grams=weight_grams)
    assert only.price == Money(price, "USD")


@pytest.mark.parametrize(("goods_minor", "price"), [(4999, 650), (5000, 0), (9000, 0)])
def test_from_an_amount_on_it_is_free(goods_minor, price):
    seller = make_seller()
    offer(seller, free_from_minor=5000)
    (only,) = options(seller, goods_minor=goods_minor)
    assert (only.price.minor, only.free_from) == (price, Money(5000, "USD"))


def test_the_cheapest_comes_first():
    seller = make_seller()
    offer(seller, "Express", base_minor=1500, days=(1, 2))
    offer(seller, "Standard")
    assert [option.name for option in options(seller)] == ["Standard", "Express"]


def test_destination_weight_currency_and_withdrawal_narrow_the_choice():
    seller = make_seller()
    offer(seller, countries=["us", "CA"], max_weight_grams=1000)
    assert len(options(seller, country="ca")) == 1
    assert options(seller, country="DE") == []
    assert options(seller, weight_grams=1001) == []
    assert options(seller, currency="EUR") == []

    (only,) = options(seller)
    operations.withdraw_shipping_method(seller_id=seller.pk, method_id=only.method_id)
    assert options(seller) == []


def test_another_sellers_method_cannot_be_withdrawn():
    seller, stranger = make_seller(), make_seller()
    method_id = offer(seller)
    with pytest.raises(operations.NotFound):
        operations.withdraw_shipping_method(seller_id=stranger.pk, method_id=method_id)
    assert len(options(seller)) == 1


def test_a_method_is_corrected_by_its_name():
    seller = make_seller()
    first = offer(seller)
    assert offer(seller, base_minor=100) == first
    assert options(seller)[0].price == Money(250, "USD")


def test_a_method_needs_a_known_carrier():
    with pytest.raises(operations.UnknownCarrier):
        offer(make_seller(), carrier_code="pigeon")


def test_many_sellers_take_one_statement(django_assert_num_queries):
    sellers = [make_seller() for _ in range(3)]
    for seller in sellers:
        offer(seller)
    parcels = [
        Parcel(seller_id=seller.pk, country="US", weight_grams=1, goods_minor=1)
        for seller in sellers
    ]
    with django_assert_num_queries(1):
        found = queries.shipping_options(parcels=parcels, currency="USD")
    assert [len(found[seller.pk]) for seller in sellers] == [1, 1, 1]


@pytest.mark.parametrize(
    ("basis", "parcel", "price"),
    [
        ("weight", {"weight_grams": 1999}, 500),
        ("weight", {"weight_grams": 2000}, 900),
        ("weight", {"weight_grams": 5001}, 1400),
        ("price", {"goods_minor": 1999}, 500),
        ("price", {"goods_minor": 5000}, 1400),
        ("piece", {"pieces": 1}, 500),
        ("piece", {"pieces": 2500}, 900),
    ],
)
def test_the_highest_bracket_that_is_reached_names_the_price(basis, parcel, price):
    seller = make_seller()
    offer(seller, basis=basis, per_kg_minor=0, brackets=[(5000, 1400), (2000, 900)])
    asked = Parcel(
        **{"seller_id": seller.pk, "country": "US", "weight_grams": 1, "goods_minor": 1, **parcel}
    )
    (only,) = queries.shipping_options(parcels=[asked], currency="USD")[seller.pk]
    assert only.price.minor == price


def test_each_piece_is_charged():
    seller = make_seller()
    offer(seller, per_kg_minor=0, per_piece_minor=25)
    asked = Parcel(seller_id=seller.pk, country="US", weight_grams=1, goods_minor=1, pieces=4)
    (only,) = queries.shipping_options(parcels=[asked], currency="USD")[seller.pk]
    assert only.price.minor == 600


def test_a_method_reaches_its_zone_and_nothing_else():
    seller = make_seller()
    zone_id = operations.save_zone(
        seller_id=seller.pk, name="Mainland", places=["US", "!US-HI", "!US-AK"]
    )
    offer(seller, zone_id=zone_id)

    def names(region):
        asked = Parcel(
            seller_id=seller.pk, country="US", region=region, weight_grams=1, goods_minor=1
        )
        return queries.shipping_options(parcels=[asked], currency="USD")[seller.pk]

    assert [option.name for option in names("TX")] == ["Standard"]
    assert names("HI") == []


def test_a_zone_belongs_to_its_seller():
    seller, other = make_seller(), make_seller()
    zone_id = operations.save_zone(seller_id=seller.pk, name="Home", places=["US"])
    with pytest.raises(operations.NotFound):
        offer(other, zone_id=zone_id)
    with pytest.raises(operations.NotFound):
        operations.save_zone(seller_id=other.pk, zone_id=zone_id, name="Mine", places=["DE"])
    with pytest.raises(operations.NotFound):
        operations.delete_zone(seller_id=other.pk, zone_id=zone_id)


def test_a_zone_in_use_stays():
    seller = make_seller()
    zone_id = operations.save_zone(seller_id=seller.pk, name="Home", places=["US"])
    method_id = offer(seller, zone_id=zone_id)
    with pytest.raises(operations.ZoneInUse, match="Standard still sends there"):
        operations.delete_zone(seller_id=seller.pk, zone_id=zone_id)
    operations.withdraw_shipping_method(seller_id=seller.pk, method_id=method_id)
    operations.delete_zone(seller_id=seller.pk, zone_id=zone_id)
    assert options(seller) == []


def test_two_zones_of_a_seller_have_two_names():
    seller = make_seller()
    operations.save_zone(seller_id=seller.pk, name="Home", places=["US"])
    with pytest.raises(operations.NameTaken):
        operations.save_zone(seller_id=seller.pk, name="Home", places=["DE"])


@pytest.mark.parametrize(
    ("brackets", "message"),
    [
        ([(0, 100)], "above 0"),
        ([(10, -1)], "above 0"),
        ([(10, 1), (10, 2)], "start at the same"),
        ([(start, 1) for start in range(1, 52)], "at most 50"),
    ],
)
def test_a_table_of_prices_makes_sense(brackets, message):
    with pytest.raises(operations.InvalidMethod, match=message):
        offer(make_seller(), brackets=brackets)


def make_store(seller, *, on_hand=3):
    """A location with an address, and a variant of which some are there."""
    place = inventory.ensure_location(seller_id=seller.pk, name="Store", country="US")
    operations.set_pick_up_point(
        seller_id=seller.pk, location_id=place, address=SAN_FRANCISCO, opening_hours="Mo–Sa 9–18"
    )
    variant_id = make_sellable(seller_id=seller.pk, on_hand=0)
    inventory.set_on_hand(
        variant_id=variant_id, location_id=place, on_hand=on_hand, cause="counted"
    )
    return place, variant_id


@pytest.mark.parametrize(("quantity", "offered"), [(3, ["Pick-up"]), (4, [])])
def test_goods_are_picked_up_where_they_are(quantity, offered):
    seller = make_seller()
    place, variant_id = make_store(seller)
    offer(seller, "Pick-up", kind="pickup", location_id=place, base_minor=0, per_kg_minor=0)
    asked = Parcel(
        seller_id=seller.pk, country="US", weight_grams=1, goods_minor=1,
        quantities={variant_id: quantity},
    )  # fmt: skip
    found = queries.shipping_options(parcels=[asked], currency="USD")[seller.pk]
    assert [option.name for option in found] == offered
    if found:
        kept = found[0].as_dict()["pick_up"]
        assert kept["opening_hours"] == "Mo–Sa 9–18"
        assert kept["address"]["city"] == SAN_FRANCISCO.city
        assert found[0].carrier == ""


def test_a_store_is_offered_within_its_country_unless_a_zone_says_more():
    seller = make_seller()
    place, _ = make_store(seller)
    offer(seller, "Pick-up", kind="pickup", location_id=place)
    assert len(options(seller, country="US")) == 1
    assert options(seller, country="DE") == []


def test_pick_up_needs_a_place_with_an_address():
    seller, other = make_seller(), make_seller()
    place = inventory.ensure_location(seller_id=seller.pk, name="Cellar", country="US")
    with pytest.raises(operations.InvalidMethod, match="address and opening hours"):
        offer(seller, kind="pickup", location_id=place)
    with pytest.raises(operations.NotFound):
        offer(other, kind="pickup", location_id=place)
    with pytest.raises(operations.NotFound):
        operations.set_pick_up_point(
            seller_id=other.pk, location_id=place, address=SAN_FRANCISCO, opening_hours="never"
        )


def test_the_database_keeps_pick_up_in_a_place():
    method_id = offer(make_seller())
    with pytest.raises(IntegrityError, match="pickup_has_a_location"):
        ShippingMethod.objects.filter(pk=method_id).update(kind="pickup")


@pytest.mark.parametrize(
    ("parcel", "message"),
    [
        ({"country": "JP"}, "does not send to Japan. Choose another address"),
        ({"region": "HI", "postal_code": "96701"}, "does not send to HI 96701 United States"),
        ({"weight_grams": 30_001}, r"at most 30 kg there and these items weigh 30.001 kg"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_reason_and_a_remedy(parcel, message):
    seller = make_seller()
    zone_id = operations.save_zone(seller_id=seller.pk, name="Z", places=["US", "!US-HI"])
    offer(seller, zone_id=zone_id)
    asked = Parcel(
        **{"seller_id": seller.pk, "country": "US", "weight_grams": 1, "goods_minor": 1, **parcel}
    )
    assert queries.shipping_options(parcels=[asked], currency="USD")[seller.pk] == []
    reason = queries.why_not(parcels=[asked], currency="USD")[seller.pk]
    assert re.search(message, reason)


def test_a_seller_without_any_way_says_so():
    seller = make_seller()
    asked = Parcel(seller_id=seller.pk, country="US", weight_grams=1, goods_minor=1)
    assert "sends nothing" in queries.why_not(parcels=[asked], currency="USD")[seller.pk]


def test_the_promise_follows_the_sellers_plan():
    seller = make_seller()
    offer(seller, days=(1, 1))
    (hasty,) = options(seller)
    operations.set_dispatch(
        seller_id=seller.pk,
        plan=operations.DispatchPlan(
            country="US", time_zone="America/New_York", handling_days=20, cutoff=time(12),
            working_days=[0, 1, 2, 3, 4],
        ),
    )  # fmt: skip
    (slow,) = options(seller)
    assert slow.promised_from - hasty.promised_from >= timedelta(days=21)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"handling_days": 61}, "handling_days"),
        ({"working_days": []}, "working_days"),
        ({"working_days": [7]}, "working_days"),
    ],
)
def test_a_plan_makes_sense(change, field):
    plan = {
        "country": "US", "time_zone": "UTC", "handling_days": 1, "cutoff": time(12),
        "working_days": [0], **change,
    }  # fmt: skip
    with pytest.raises(operations.InvalidPlan) as refusal:
        operations.set_dispatch(seller_id=make_seller().pk, plan=operations.DispatchPlan(**plan))
    assert refusal.value.field == field


def test_a_new_seller_keeps_the_holidays_of_its_country():
    seller = make_seller()
    subscribers.plan_dispatch(SellerApproved(seller_id=seller.pk, application_id=None, user_id=1))
    subscribers.plan_dispatch(SellerApproved(seller_id=seller.pk, application_id=None, user_id=1))
    plan = Dispatch.objects.get(seller=seller)
    assert (plan.country, plan.handling_days, plan.cutoff) == (seller.country, 1, time(14))
