"""Prices asked of carriers: shown, remembered, and replaced by the seller's table."""

import time

import pytest
from django.db import connection

from commerce.checkout import operations as checkout
from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import KnownRate
from commerce.fulfillment.types import Parcel
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.fulfillment import make_carrier, plan_dispatch
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def live_seller(**changes):
    """A seller whose one way to ship asks USPS, and whose table says 9.99."""
    seller = make_seller()
    make_carrier()
    plan_dispatch(seller.pk)
    values = {
        "name": "USPS", "carrier_code": "usps", "kind": "live", "service": "Priority",
        "currency": "USD", "base_minor": 999, "days": (3, 6), **changes,
    }  # fmt: skip
    operations.set_shipping_method(seller_id=seller.pk, **values)
    return seller


def parcel_of(seller, **changes):
    values = {
        "seller_id": seller.pk, "country": "US", "region": "CA", "postal_code": "94105",
        "weight_grams": 850, "goods_minor": 2000, **changes,
    }  # fmt: skip
    return Parcel(**values)


def ask(*parcels):
    return operations.refresh_rates(parcels=parcels, destination=SAN_FRANCISCO, currency="USD")


def price(parcel):
    (only,) = queries.shipping_options(parcels=[parcel], currency="USD")[parcel.seller_id]
    return only.price.minor, (only.min_days, only.max_days), only.rate_of is not None


def grow_old(age):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fulfillment_knownrate SET fetched_at = now() - %s::interval", [age])


TABLE, LIVE = (999, (3, 6), False), (779, (2, 2), True)


def test_until_a_carrier_was_asked_the_table_holds(carriers):
    assert price(parcel_of(live_seller())) == TABLE


def test_what_the_carrier_says_is_what_it_costs(carriers):
    parcel = parcel_of(live_seller())
    assert ask(parcel) == 1
    assert price(parcel) == LIVE


def test_like_parcels_share_an_answer_and_fresh_ones_are_not_asked_again(carriers):
    seller = live_seller()
    ask(parcel_of(seller))
    asked = len(carriers.asked)
    assert ask(parcel_of(seller, weight_grams=899)) == 0
    assert len(carriers.asked) == asked
    assert price(parcel_of(seller, weight_grams=899)) == LIVE
    assert price(parcel_of(seller, weight_grams=901)) == TABLE


@pytest.mark.parametrize("fault", ["500", "429", "lost", "nonsense", "refuse"])
def test_while_the_carrier_is_away_its_last_price_holds(carriers, fault):
    parcel = parcel_of(live_seller())
    ask(parcel)
    grow_old("6 days")
    carriers.fault(fault, times=None)
    assert ask(parcel) == 1
    assert price(parcel) == LIVE


def test_a_price_too_old_gives_way_to_the_table(carriers):
    parcel = parcel_of(live_seller())
    ask(parcel)
    grow_old("7 days 1 minute")
    assert price(parcel) == TABLE
    assert operations.forget_old_rates() > 0
    assert not KnownRate.objects.exists()


def test_a_cart_of_many_sellers_waits_for_a_carrier_once(carriers):
    parcels = [parcel_of(live_seller(), weight_grams=100 * n) for n in range(1, 6)]
    carriers.fault("hang", times=None)
    started = time.monotonic()
    assert ask(*parcels) == 1
    assert time.monotonic() - started < 4


def test_without_an_account_nobody_is_asked(carriers, settings):
    settings.EASYPOST_API_KEY = ""
    parcel = parcel_of(live_seller())
    assert ask(parcel) == 0
    assert price(parcel) == TABLE


def test_who_lives_there_is_not_told_for_a_price(carriers):
    ask(parcel_of(live_seller()))
    (told,) = carriers.shipments.values()
    assert (told["to_address"]["name"], told["to_address"]["street1"]) == ("", "")
    assert told["to_address"]["zip"] == SAN_FRANCISCO.postal_code


def live_cart():
    seller = live_seller()
    return make_cart({make_sellable(seller_id=seller.pk): 1})


def tell_address(token):
    review = checkout.set_contact(cart_token=token, email="ada@example.com", address=SAN_FRANCISCO)
    (part,) = review.parts
    return part


def test_a_shopper_sees_the_carriers_price_at_checkout(carriers):
    (option,) = tell_address(live_cart()).options
    assert option.rate_of is not None
    assert option.price.minor != 999


def test_a_shopper_can_go_on_while_the_carrier_is_away(carriers):
    carriers.fault("500", times=None)
    (option,) = tell_address(live_cart()).options
    assert (option.price.minor, option.rate_of) == (999, None)
