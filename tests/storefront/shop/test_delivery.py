"""What sending costs and when it arrives, asked before buying."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries
from commerce.fulfillment.types import Parcel
from commerce.kernel import clock
from commerce.returns import operations as returns
from commerce.returns.models import Policy
from tests.factories.cart import make_sellable, product_of
from tests.factories.fulfillment import make_carrier
from tests.factories.orders import offer_shipping
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def sold_product() -> tuple[int, int]:
    seller_id = make_seller().pk
    offer_shipping(seller_id)
    return product_of(make_sellable(seller_id=seller_id)), seller_id


def ask(product_id: int, **where: str) -> tuple[int, str]:
    answer = Client().get(reverse("delivery", args=[product_id]), where)
    return answer.status_code, answer.content.decode()


def test_the_page_names_ways_costs_and_days() -> None:
    product_id, _ = sold_product()
    status, page = ask(product_id, country="US", postal_code="94105")
    assert status == 200
    assert "USPS, arrives" in page
    assert "$7.00" in page
    assert "no-store" in Client().get(reverse("delivery", args=[product_id]))["Cache-Control"]


def test_a_place_that_is_not_reached_is_told() -> None:
    product_id, seller_id = sold_product()
    make_carrier()
    fulfillment.set_shipping_method(
        seller_id=seller_id, name="Standard", carrier_code="usps", currency="USD",
        base_minor=700, days=(3, 5), countries=["US"],
    )  # fmt: skip
    status, page = ask(product_id, country="JP")
    assert status == 200
    assert "does not send to Japan" in page


@pytest.mark.parametrize("country", ["XX", "", "\u0000", "U" * 5000])
def test_a_country_of_nobody_is_explained(country: str) -> None:
    product_id, _ = sold_product()
    status, page = ask(product_id, country=country)
    assert status in (400, 422)
    assert "arrives" not in page or "When does it arrive" in page


def test_what_is_not_sold_has_no_delivery() -> None:
    assert ask(999_999)[0] == 404


def test_goods_that_come_in_later_are_promised_from_then_on() -> None:
    _, seller_id = sold_product()
    later = clock.now().date() + timedelta(days=40)

    def first(**changes: object) -> object:
        asked = Parcel(seller_id=seller_id, country="US", weight_grams=1, goods_minor=1, **changes)  # type: ignore[arg-type]
        return queries.shipping_options(parcels=[asked], currency="USD")[seller_id][0]

    assert first().promised_from < later < first(not_before=later).promised_from  # type: ignore[attr-defined]


def test_the_page_says_how_long_it_may_go_back() -> None:
    product_id, seller_id = sold_product()
    assert "Yes, within 30 days after it came." in ask(product_id, country="US")[1]

    today = clock.now().date()
    Policy.objects.create(
        name="Holidays", days=30, starts_on=today, ends_on=today,
        returns_until=today + timedelta(days=80),
    )  # fmt: skip
    returns.set_own_days(seller_id=seller_id, days=60)
    page = ask(product_id, country="US")[1]
    last = today + timedelta(days=80)
    assert f"within 60 days after it came, and if you order today at least until {last.day}" in page

    Policy.objects.create(name="Made", days=30, seller_id=seller_id, starts_on=today,
                          ends_on=today, exempt_because="made to measure")  # fmt: skip
    assert "No, as the law allows: made to measure." in ask(product_id, country="US")[1]
