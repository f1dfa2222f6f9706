"""Ways to ship and promotions in a further currency, and what was earned in it."""

import pytest

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import ShippingMethod
from commerce.fulfillment.types import Parcel
from commerce.ledger import operations as ledger
from commerce.pricing.models import Promotion
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

SHIPPING, PROMOTIONS = "/admin/selling/shipping/", "/admin/selling/promotions/"
EARNINGS = "/admin/selling/earnings/"
WAY = {
    "name": "Post", "currency": "JPY", "carrier_code": "usps", "base": "900", "free_from": "20000",
    "min_days": "1", "max_days": "2", "max_kilograms": "20", "brackets": "2: 1500",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _currencies(settings):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]


@pytest.fixture
def shop():
    return open_shop("Acme")


def offered(shop, currency, **about):
    parcel = Parcel(
        seller_id=shop.seller.pk,
        **{"country": "US", "weight_grams": 500, "goods_minor": 2000, **about},
    )
    found = fulfillment.shipping_options(parcels=[parcel], currency=currency)
    return [(option.name, str(option.price)) for option in found[shop.seller.pk]]


def test_a_way_is_offered_in_its_currency_alone(shop):
    assert shop.client().post(f"{SHIPPING}new/", WAY).status_code == 302

    assert offered(shop, "JPY") == [("Post", "900 JPY")]
    assert offered(shop, "JPY", weight_grams=2500) == [("Post", "1,500 JPY")]
    assert offered(shop, "JPY", goods_minor=20_000) == [("Post", "0 JPY")]
    assert offered(shop, "USD") == [("Standard", "7.00 USD")]
    assert offered(shop, "EUR") == []


def test_a_way_is_shown_in_its_currency_and_changed_in_it(shop):
    shop.client().post(f"{SHIPPING}new/", WAY)
    number = ShippingMethod.objects.get(name="Post").pk

    page = shop.client().get(f"{SHIPPING}{number}/").content.decode()
    shop.client().post(f"{SHIPPING}{number}/", {**WAY, "base": "950"})

    assert '<option value="JPY" selected>' in page
    assert 'value="900"' in page
    assert offered(shop, "JPY") == [("Post", "950 JPY")]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"base": "900.5"}, "no more than 0 decimal places"),
        ({"brackets": "2: 1500.5"}, "is no step"),
        ({"currency": "GBP"}, "Select a valid choice"),
        ({"currency": "USD", "base": "9.905"}, "no more than 2 decimal places"),
    ],
)
def test_nonsense_is_shown_beside_its_input(shop, typed, words):
    answer = shop.client().post(f"{SHIPPING}new/", {**WAY, **typed})

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_an_amount_off_is_in_the_currency_that_was_chosen(shop):
    typed = {
        "label": "Welcome",
        "kind": "fixed",
        "currency": "EUR",
        "amount": "5.50",
        "code": "HI1",
    }

    assert shop.client().post(f"{PROMOTIONS}new/", typed).status_code == 302

    made = Promotion.objects.get()
    assert (made.currency, made.amount_minor) == ("EUR", 550)
    page = shop.client().get(f"{PROMOTIONS}{made.pk}/").content.decode()
    assert '<option value="EUR" selected>' in page


def test_a_percentage_is_in_no_currency(shop):
    typed = {"label": "Welcome", "kind": "percentage", "currency": "EUR", "percent": "10"}

    shop.client().post(f"{PROMOTIONS}new/", typed)

    assert Promotion.objects.get().currency == ""


def test_earnings_are_told_by_currency_and_never_added(shop):
    for currency, minor in (("USD", 1000), ("EUR", 777), ("JPY", 5000)):
        ledger.post(
            business_key=f"test:{currency}",
            kind="correction",
            entries={f"payable:{shop.seller.pk}": -minor, "losses": minor},
            currency=currency,
        )
    client = shop.client()

    page = client.get(EARNINGS).content.decode()
    home = client.get("/admin/").content.decode()
    statement = client.get(f"{EARNINGS}statement/?currency=JPY").content.decode()
    year = client.get(f"{EARNINGS}year/?currency=EUR").content.decode()

    for shown in (page, home):
        assert [currency for currency in ("USD", "EUR", "JPY") if f"<h3>{currency}</h3>" in shown]
    assert "€7.77" in page
    assert "¥5,000" in page
    assert "$10.00" in page
    assert "¥5,000" in statement
    assert "€7.77" in year
    assert client.get(f"{EARNINGS}statement/?currency=GBP").status_code == 404
    assert client.get(f"{EARNINGS}year/?currency=x").status_code == 404


def test_who_sells_in_one_currency_reads_of_no_other(shop):
    page = shop.client().get(EARNINGS).content.decode()

    assert "<h3>USD</h3>" not in page
    assert 'name="currency"' not in shop.client().get(f"{EARNINGS}statement/").content.decode()


LIVE = WAY | {"name": "Asked", "kind": "live", "service": "Priority", "brackets": ""}
NOTICE = "Carriers name us prices in USD, and nothing is converted. Whoever shops in JPY pays"


def test_a_way_that_asks_carriers_in_a_further_currency_says_that_own_prices_hold(shop):
    client = shop.client()
    saved = client.post(f"{SHIPPING}new/", LIVE, follow=True)

    assert NOTICE in saved.content.decode()
    method = ShippingMethod.objects.get(name="Asked")
    assert NOTICE in client.get(f"{SHIPPING}{method.pk}/").content.decode()
    assert offered(shop, "JPY") == [("Asked", "900 JPY")]
    in_dollars = LIVE | {"name": "Home", "currency": "USD"}
    assert (
        NOTICE[:30] not in client.post(f"{SHIPPING}new/", in_dollars, follow=True).content.decode()
    )
