"""The number on the cart: in the page itself where the page is the visitor's own."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import make_user
from tests.factories.cart import make_sellable
from tests.factories.pages import a_shop
from tests.factories.selling import signed_in
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def badge(page: str) -> tuple[str, str, str]:
    """Where it would be asked for, the number, and its unit for those who listen."""
    found = re.search(
        r'data-cart-count="([^"]*)".*?data-count>([^<]*)</span>'
        r'<span class="visually-hidden" data-count-unit>([^<]*)<',
        page,
        re.DOTALL,
    )
    assert found
    return found[1], found[2], found[3]


def put(client: Client, quantity: int = 1) -> None:
    client.post(reverse("cart-add"), {"variant": make_sellable(), "quantity": quantity})


@pytest.mark.parametrize("name", ["cart", "checkout-address"])
def test_a_strangers_cart_and_checkout_bring_the_number_along(client: Client, name: str) -> None:
    put(client, 3)

    assert badge(client.get(reverse(name)).content.decode()) == ("", "3", " items")


def test_one_item_is_called_so_and_an_empty_cart_is_too(client: Client) -> None:
    assert badge(client.get(reverse("cart")).content.decode()) == ("", "", ", empty")

    put(client)

    assert badge(client.get(reverse("cart")).content.decode()) == ("", "1", " item")


def test_the_account_knows_the_persons_own_cart() -> None:
    client = signed_in(make_user())
    put(client, 2)

    assert badge(client.get(reverse("account")).content.decode()) == ("", "2", " items")


def test_the_cart_page_needs_no_statement_for_it(client: Client) -> None:
    put(client)
    client.get(reverse("cart"))

    with counted() as statements:
        client.get(reverse("cart"))

    assert not [sql for sql in statements if "sum(" in str(sql).lower() and "cart_line" in str(sql)]


def test_public_pages_still_hold_nothing_personal(client: Client) -> None:
    a_shop()
    put(client, 3)

    assert badge(client.get("/").content.decode()) == ("/cart/count/", "", "")
