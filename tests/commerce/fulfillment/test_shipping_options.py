import pytest

from commerce.fulfillment import operations, queries
from commerce.fulfillment.types import Parcel
from commerce.kernel.money import Money
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
