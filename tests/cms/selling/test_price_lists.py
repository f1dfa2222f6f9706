"""A seller's price lists: one line for each price, its own SKUs only."""

import pytest

from commerce.catalog.queries import variant_ids_by_sku
from commerce.fulfillment.models import ShippingMethod
from commerce.pricing import queries
from commerce.pricing.models import PriceList
from commerce.pricing.operations import ListPriceInput, PriceListInput, save_price_list
from commerce.pricing.types import tier_at
from tests.factories.cart import make_sellable
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

LIST = "/admin/selling/prices/"
SALE = {"name": "Winter sale", "priority": "0", "prices": "MUG-1: 9.00\nMUG-1: 10: 8.50\n"}


@pytest.fixture
def shop():
    shop = open_shop("Acme")
    make_sellable(seller_id=shop.seller.pk, sku="MUG-1", minor=1250)
    return shop


def units():
    (variant_id,) = variant_ids_by_sku(skus=["MUG-1"]).values()
    tiers = queries.offered_prices(variant_ids=[variant_id], currency="USD")[variant_id].tiers
    return [tier_at(tiers, count).amount.minor for count in (1, 10)]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (LIST, "You have no price lists. Everything costs what stands under Stock and prices."),
        ("/admin/selling/documents/", "You have no invoices yet."),
        ("/admin/selling/shipping/", "Nobody can buy anything until there is one."),
        ("/admin/selling/shipping/zones/", "A way to ship without a zone reaches everywhere."),
        ("/admin/selling/promotions/", "You have no promotions yet."),
    ],
)
def test_an_empty_list_says_so_in_a_sentence(address, words):
    bare = open_shop("Bare")
    ShippingMethod.objects.all().delete()
    page = bare.client().get(address).content.decode()

    assert words in page
    assert "to display" not in page


def test_the_form_brings_what_its_dates_are_chosen_with(shop):
    assert "date-time-chooser.js" in shop.client().get(f"{LIST}new/").content.decode()


def test_prices_are_read_line_by_line(shop):
    assert shop.client().post(f"{LIST}new/", SALE).status_code == 302

    assert units() == [900, 850]


def test_a_list_is_shown_as_it_was_typed_and_replaced(shop):
    shop.client().post(f"{LIST}new/", SALE)
    number = PriceList.objects.get().pk

    assert "MUG-1: 9.00\nMUG-1: 10: 8.50" in shop.client().get(f"{LIST}{number}/").content.decode()
    shop.client().post(f"{LIST}{number}/", {**SALE, "prices": "MUG-1: 7"})
    assert units() == [700, 700]
    shop.client().post(f"{LIST}{number}/end/")
    assert units() == [1250, 1250]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"prices": "MUG-1"}, "Line 1, “MUG-1”: write a SKU"),
        ({"prices": "MUG-1: 1e99"}, "write a SKU"),
        ({"prices": "MUG-1: NaN"}, "write a SKU"),
        ({"prices": "MUG-1: 9.001"}, "write a SKU"),
        ({"prices": "MUG-1: 0"}, "above zero"),
        ({"prices": "MUG-1: 5000: 9"}, "between 1 and 999"),
        ({"prices": "MUG-1: 9\nMUG-1: 8"}, "one price for each quantity"),
        ({"prices": "OTHERS-1: 9"}, "You have no SKU OTHERS-1."),
        ({"prices": ""}, "This field is required"),
        ({"name": ""}, "This field is required"),
        ({"group": "999"}, "Select a valid choice"),
        ({"starts_at": "soon"}, "Enter a valid date"),
    ],
)
def test_nonsense_is_shown_beside_its_input(shop, typed, words):
    make_sellable(sku="OTHERS-1")

    answer = shop.client().post(f"{LIST}new/", {**SALE, **typed})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PriceList.objects.exists()


def test_anothers_list_is_not_there(shop):
    other = open_shop("Borealis").seller.pk
    variant = make_sellable(seller_id=other)
    number = save_price_list(
        price_list=PriceListInput(
            seller_id=other,
            name="Theirs",
            currency="USD",
            prices=[ListPriceInput(variant_id=variant, amount_minor=5)],
        )
    )

    for method, address in (
        ("get", f"{LIST}{number}/"), ("post", f"{LIST}{number}/"), ("post", f"{LIST}{number}/end/"),
    ):  # fmt: skip
        assert getattr(shop.client(), method)(address, SALE).status_code == 404
    assert PriceList.objects.get().is_active
    assert "Theirs" not in shop.client().get(LIST).content.decode()
