"""Tax and shipping estimated in the cart, before there is an address."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.checkout import operations as checkout
from commerce.checkout import queries
from commerce.checkout.models import Checkout
from commerce.fulfillment.models import KnownRate, ShippingMethod, Zone
from commerce.pricing import operations as pricing
from storefront import limits
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.orders import offer_shipping, tell_everything
from tests.factories.pricing import tax_germany
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db

ESTIMATE = reverse("cart-estimate")


@pytest.fixture
def token(client: Client) -> str:
    """Two mugs at $10.00 of a seller that ships everywhere for $7.00."""
    pricing.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="CA sales tax", rate_bps=875
    )
    seller_id = make_seller().pk
    offer_shipping(seller_id, minor=700)
    cart = make_cart({make_sellable(seller_id=seller_id, minor=1000, title="Mug"): 2})
    client.cookies["cart"] = cart
    return cart


def test_tax_and_shipping_to_a_zip_code_are_estimated_and_remembered(
    client: Client, token: str
) -> None:
    before = client.get("/cart/").content.decode()
    assert "Estimate tax and shipping" in before
    assert "Estimated total" not in before

    answer = client.post(ESTIMATE, {"country": "US", "postal_code": "94103"})

    assert answer.status_code == 302
    page = client.get("/cart/").content.decode()
    # 20.00 of goods and 7.00 of shipping with 8.75 % on both
    for text in ("Estimated shipping", "$7.00", "CA sales tax", "$2.36", "$29.36"):
        assert text in page, text
    assert "An estimate for United States, 94103" in page
    assert "Estimated total" in page


def test_the_estimate_is_what_the_review_comes_to(client: Client, token: str) -> None:
    client.post(ESTIMATE, {"country": "US", "postal_code": "94103"})
    estimate = queries.basket(cart_token=token).estimate
    assert estimate is not None

    assert tell_everything(token, address=SAN_FRANCISCO) == estimate.total


def test_a_country_without_regions_needs_no_more_than_its_name(client: Client, token: str) -> None:
    tax_germany()

    client.post(ESTIMATE, {"country": "DE", "postal_code": "10119"})

    estimate = queries.basket(cart_token=token).estimate
    assert estimate is not None
    assert estimate.tax.minor == 513


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"country": "US", "postal_code": ""}, "Enter the ZIP code"),
        ({"country": "US", "postal_code": "9410"}, "is not a ZIP code in the United States"),
        ({"country": "QQ", "postal_code": "1"}, "Choose a country"),
        ({"country": "", "postal_code": ""}, "Choose a country"),
        ({"country": "USA", "postal_code": "9" * 500}, "at most"),
        ({}, "Choose a country"),
    ],
)
def test_a_place_that_cannot_be_is_explained_and_what_was_typed_stays(
    client: Client, token: str, typed: dict[str, str], words: str
) -> None:
    answer = client.post(ESTIMATE, typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(words) >= 2  # beside its field, and where the page begins
    assert page.index(words) < page.index("cart-line__title")
    assert 'class="disclosure" open' in page
    assert not Checkout.objects.exists()


def test_the_estimate_is_no_address_and_places_no_order(client: Client, token: str) -> None:
    client.post(ESTIMATE, {"country": "US", "postal_code": "94103"})

    review = queries.review(cart_token=token)
    assert (review.address, review.quote, review.needs_address) == (None, None, True)
    estimate = queries.basket(cart_token=token).estimate
    assert estimate is not None
    with pytest.raises(checkout.DetailsMissing):
        checkout.place(
            cart_token=token, user_id=None, expected_total=estimate.total, return_url="https://x/"
        )


def test_an_address_counts_more_than_the_place_that_was_estimated_for(
    client: Client, token: str
) -> None:
    tax_germany()
    client.post(ESTIMATE, {"country": "DE", "postal_code": "10119"})

    tell_everything(token, address=SAN_FRANCISCO)
    basket = queries.basket(cart_token=token)

    assert basket.place is not None
    assert (basket.has_address, basket.place.country) == (True, "US")
    assert "cart-estimate" not in client.get("/cart/").content.decode()


def test_a_seller_that_does_not_ship_there_is_named(client: Client, token: str) -> None:
    method = ShippingMethod.objects.get()
    method.zone = Zone.objects.create(seller=method.seller, name="Here", places=["US"])
    method.save()

    client.post(ESTIMATE, {"country": "DE", "postal_code": "10119"})

    assert "does not send to Germany" in client.get("/cart/").content.decode()


def test_no_carrier_is_asked_for_an_estimate(client: Client, token: str) -> None:
    ShippingMethod.objects.update(kind="live", service="Ground")

    client.post(ESTIMATE, {"country": "US", "postal_code": "94103"})

    assert not KnownRate.objects.exists()
    estimate = queries.basket(cart_token=token).estimate
    assert estimate is not None
    assert estimate.shipping.minor == 700


def test_estimates_are_counted_like_addresses(
    client: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = limits.ADDRESSES.__class__(name="few", seconds=600, each=1, network=400)
    monkeypatch.setattr(limits, "ADDRESSES", few)
    typed = {"country": "US", "postal_code": "94103"}
    assert client.post(ESTIMATE, typed).status_code == 302

    assert client.post(ESTIMATE, typed).status_code == 429


def test_without_a_cart_there_is_nothing_to_estimate(client: Client) -> None:
    answer = client.post(ESTIMATE, {"country": "US", "postal_code": "94103"})

    assert (answer.status_code, answer["Location"]) == (302, "/cart/")


@pytest.mark.parametrize(
    ("country", "code", "region"),
    [
        ("US", "94103", "CA"), ("US", "06390", "NY"), ("US", "06510", "CT"), ("US", "00501", "NY"),
        ("CA", "m5v 2t6", "ON"), ("CA", "X0E 0A0", "NT"), ("DE", "10119", ""), ("IE", "", ""),
    ],
)  # fmt: skip
def test_a_postal_code_tells_its_region(country: str, code: str, region: str) -> None:
    place = accounts.check_place(address=AddressData(country=country, postal_code=code))

    assert place.region == region


def test_calling_its_address_up_again_leads_back_to_the_cart(client: Client, token: str) -> None:
    again = client.get(ESTIMATE)

    assert (again.status_code, again["Location"]) == (302, reverse("cart"))
    assert client.put(ESTIMATE).status_code == 405
