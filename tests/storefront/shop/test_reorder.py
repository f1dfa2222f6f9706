"""The same again: into the cart what can be had, and a sentence for the rest."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.cart import queries as carts
from commerce.catalog import operations as catalog
from commerce.catalog.queries import variants
from commerce.checkout import queries as checkout
from commerce.checkout.operations import finalise
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.sellers import operations as sellers
from devtools.stripe_double import StripeDouble
from tests.factories.cart import product_of
from tests.factories.catalog import make_variants
from tests.factories.inventory import stock_up
from tests.factories.orders import ReadyCart, Wanted, make_ready_cart
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(double: StripeDouble) -> ReadyCart:
    return make_ready_cart([Wanted(quantity=2), Wanted(minor=900, title="Bowl")])


@pytest.fixture
def token(ready: ReadyCart) -> str:
    """An old order of two mugs and a bowl."""
    return str(ready.place().order_token)


def address(token: str) -> str:
    return reverse("order-again", args=[token])


def in_cart(client: Client) -> dict[int, int]:
    contents = carts.contents(token=client.cookies["cart"].value)
    return {line.variant_id: line.quantity for line in contents.lines}


def set_price(variant_id: int, minor: int) -> None:
    pricing.set_prices(
        prices=[
            PriceInput(
                variant_id=variant_id, currency="USD", amount_minor=minor, compare_at_minor=None
            )
        ]
    )


def test_everything_goes_into_the_cart_with_the_quantities_of_then(client, ready, token):
    answer = client.post(address(token))

    assert answer.url == f"{reverse('cart')}?notice=again"
    assert in_cart(client) == {ready.variants[0]: 2, ready.variants[1]: 1}
    assert "What you had ordered is in your cart." in client.get(answer.url).content.decode()


def test_doing_it_twice_does_not_double_it(client, ready, token):
    client.post(address(token))
    client.post(address(token))

    assert in_cart(client)[ready.variants[0]] == 2


def test_a_price_that_changed_is_shown_beside_the_one_of_then(client, ready, token):
    set_price(ready.variants[0], 1500)

    page = client.get(address(token)).content.decode()

    assert "$15.00" in page
    assert "was $12.50 then" in page


def test_what_is_sold_out_is_said_and_the_rest_goes_into_the_cart(client, ready, token):
    stock_up(ready.variants[0], 2)  # held by the order itself

    answer = client.post(address(token), follow=True)
    page = answer.content.decode()

    assert answer.redirect_chain[-1][0] == f"{address(token)}?put=1"
    assert "It is sold out." in page
    assert "See what is similar" in page or "Look for something similar" in page
    assert in_cart(client) == {ready.variants[1]: 1}


def test_what_is_left_of_too_few_goes_into_the_cart(client, ready, token):
    stock_up(ready.variants[0], 3)

    page = client.get(address(token)).content.decode()
    client.post(address(token))

    assert "Only 1 of 2 can be had." in page
    assert in_cart(client)[ready.variants[0]] == 1


def test_what_is_no_longer_sold_offers_a_search(client, ready, token):
    catalog.archive_product(product_id=product_of(ready.variants[0]))

    page = client.get(address(token)).content.decode()

    assert "It is no longer sold here." in page
    assert f"{reverse('search')}?q=Blue%20mug" in page


def test_a_shop_that_is_away_is_said(client, ready, token):
    sellers.suspend(seller_id=ready.sellers[0], reason="x")

    answer = client.post(address(token), follow=True)

    assert "Its shop takes no orders at the moment." in answer.content.decode()
    assert "Nothing of it can be had any more" in answer.content.decode()
    assert in_cart(client) == {}


def test_other_variants_of_the_product_are_offered_in_its_place(client, ready, token):
    (mug, *_) = checkout.items_again(order_token=token, currency="USD")
    sku = variants(variant_ids=[mug.variant_id])[mug.variant_id].sku
    found = make_variants(product_id=product_of(mug.variant_id), skus=[sku, "SKU-OTHER"])
    set_price(found["SKU-OTHER"], 1100)
    stock_up(found["SKU-OTHER"], 5)
    stock_up(mug.variant_id, 2)  # held by the order itself

    page = client.get(address(token)).content.decode()

    assert "In its place:" in page
    assert "?sku=SKU-OTHER" in page
    assert "$11.00" in page


def test_without_the_link_there_is_nothing(client):
    assert client.get(address("nonsense")).status_code == 404
    assert client.post(address("nonsense")).status_code == 404
    assert "cart" not in client.cookies


def test_the_order_page_leads_here_once_it_is_paid(client, double, ready):
    placed = ready.place()
    page = reverse("order-tracking", args=[placed.order_token])
    assert address(placed.order_token) not in client.get(page).content.decode()

    double.pay(str(placed.payment_url))
    finalise(order_token=placed.order_token)

    assert address(placed.order_token) in client.get(page).content.decode()


def test_the_items_take_as_few_statements_for_many_as_for_one(double):
    one = make_ready_cart([Wanted()]).place().order_token
    many = make_ready_cart([Wanted() for _ in range(5)], [Wanted()]).place().order_token
    with counted() as few:
        checkout.items_again(order_token=str(one), currency="USD")
    with counted() as more:
        checkout.items_again(order_token=str(many), currency="USD")

    assert len(more) == len(few)
