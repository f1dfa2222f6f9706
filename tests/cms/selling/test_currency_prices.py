"""A seller's own prices in a further currency, and lists in it."""

import pytest

from commerce.catalog.queries import variant_ids_by_sku
from commerce.pricing import queries
from commerce.pricing.models import Price, PriceChange, PriceList
from tests.factories.cart import make_sellable
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

LISTS = "/admin/selling/prices/"
IN_EUR, IN_JPY = f"{LISTS}in/EUR/", f"{LISTS}in/JPY/"


@pytest.fixture(autouse=True)
def _currencies(settings):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]


@pytest.fixture
def shop():
    shop = open_shop("Acme")
    for sku in ("MUG-1", "BOWL-1"):
        make_sellable(seller_id=shop.seller.pk, sku=sku, minor=1250)
    return shop


def prices_in(currency):
    ids = {pk: sku for sku, pk in variant_ids_by_sku(skus=["MUG-1", "BOWL-1"]).items()}
    found = queries.offered_prices(variant_ids=ids, currency=currency)
    return {ids[pk]: price.amount.minor for pk, price in found.items()}


def test_prices_in_another_currency_are_its_own(shop):
    answer = shop.client().post(IN_EUR, {"prices": "MUG-1: 11.90\nBOWL-1: 20"})

    assert answer.status_code == 302
    assert prices_in("EUR") == {"MUG-1": 1190, "BOWL-1": 2000}
    assert prices_in("USD") == {"MUG-1": 1250, "BOWL-1": 1250}
    assert PriceChange.objects.filter(currency="EUR").count() == 2


def test_a_sku_that_is_not_named_is_no_longer_sold_in_it(shop):
    shop.client().post(IN_EUR, {"prices": "MUG-1: 11.90\nBOWL-1: 20"})
    shop.client().post(IN_EUR, {"prices": "BOWL-1: 21"})

    assert prices_in("EUR") == {"BOWL-1": 2100}
    assert "BOWL-1: 21.00" in shop.client().get(IN_EUR).content.decode()


def test_yen_have_no_decimals(shop):
    refused = shop.client().post(IN_JPY, {"prices": "MUG-1: 1800.5"})

    assert refused.status_code == 422
    assert "a price such as 900." in refused.content.decode()
    shop.client().post(IN_JPY, {"prices": "MUG-1: 1800"})
    assert prices_in("JPY") == {"MUG-1": 1800}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("MUG-1", "write a SKU"),
        ("MUG-1: 0", "above zero"),
        ("MUG-1: 1e99", "write a SKU"),
        ("MUG-1: 9\nMUG-1: 8", "A SKU has one price."),
        ("MUG-1: 10: 9\nMUG-1: 9", "A SKU has one price."),
        ("MUG-1: 10: 9", "A price by quantity"),
        ("OTHERS-1: 9", "You have no SKU OTHERS-1."),
    ],
)
def test_nonsense_changes_nothing(shop, typed, words):
    make_sellable(sku="OTHERS-1")

    answer = shop.client().post(IN_EUR, {"prices": typed})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Price.objects.filter(currency="EUR").exists()


@pytest.mark.parametrize("currency", ["USD", "GBP", "eur", "X"])
def test_only_further_currencies_have_the_screen(shop, currency):
    assert shop.client().get(f"{LISTS}in/{currency}/").status_code == 404


def test_a_list_in_a_currency_counts_in_it_alone(shop):
    shop.client().post(IN_EUR, {"prices": "MUG-1: 11.90"})
    typed = {"name": "Sale", "currency": "EUR", "priority": "0", "prices": "MUG-1: 9.90"}

    assert shop.client().post(f"{LISTS}new/", typed).status_code == 302

    assert prices_in("EUR") == {"MUG-1": 990}
    assert prices_in("USD")["MUG-1"] == 1250


def test_a_list_needs_something_to_stand_in_for(shop):
    typed = {"name": "Sale", "currency": "EUR", "priority": "0", "prices": "MUG-1: 9.90"}

    answer = shop.client().post(f"{LISTS}new/", typed)

    assert answer.status_code == 422
    assert "No price in EUR yet: MUG-1" in answer.content.decode()
    assert not PriceList.objects.exists()


def test_with_one_currency_nobody_is_asked_for_it(shop, settings):
    settings.CURRENCIES = ["USD"]

    page = shop.client().get(f"{LISTS}new/").content.decode()

    assert "currency" not in page.partition("<form")[2].partition("</form>")[0].lower()
    assert "Prices in" not in shop.client().get(LISTS).content.decode()
