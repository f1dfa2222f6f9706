"""The cart by its addresses, as a browser without JavaScript uses it."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from commerce.cart import queries as carts
from commerce.catalog import operations as catalog
from commerce.catalog.types import VariantInput
from tests.factories.cart import make_sellable
from tests.factories.catalog import list_product, make_product
from tests.factories.inventory import stock_up
from tests.factories.pricing import set_price
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

ADD = reverse("cart-add")


def put(client: Client, variant_id: int, quantity: str = "1", **headers: str) -> object:
    return client.post(ADD, {"variant": variant_id, "quantity": quantity}, headers=headers)


def contents(client: Client) -> carts.CartData:
    return carts.contents(token=client.cookies["cart"].value)


def test_a_stranger_can_fill_a_cart_that_lasts_thirty_days(client: Client) -> None:
    variant_id = make_sellable()

    response = put(client, variant_id, "2")

    assert response.status_code == 302
    assert response["Location"] == "/cart/?notice=added"
    assert [line.quantity for line in contents(client).lines] == [2]
    assert client.cookies["cart"]["max-age"] == 30 * 24 * 3600
    assert client.cookies["cart"]["httponly"]
    assert "sessionid" not in client.cookies


def test_adding_takes_at_most_ten_statements(client: Client) -> None:
    variant_id = make_sellable()
    put(client, variant_id)

    with counted() as statements:
        put(client, variant_id)

    assert len(statements) <= 10, "\n".join(statements)


def test_the_header_asks_for_the_number_of_items(client: Client) -> None:
    assert client.get(reverse("cart-count")).json() == {"count": 0, "name": ""}

    put(client, make_sellable(), "3")

    assert client.get(reverse("cart-count")).json() == {"count": 3, "name": ""}


def test_more_than_there_is_becomes_what_there_is_and_says_so(client: Client) -> None:
    variant_id = make_sellable(on_hand=3)

    response = put(client, variant_id, "5", HX_Request="true")

    assert "Only 3 are available" in response.content.decode()
    assert [line.quantity for line in contents(client).lines] == [3]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("-1", "at least 1"),
        ("0", "at least 1"),
        ("1000000000", "At most 999"),
        ("1e9", "Enter a whole number"),
        ("two", "Enter a whole number"),
        ("", "Enter a whole number"),
        ("١٢", "Enter a whole number"),
    ],
)
def test_a_quantity_that_makes_no_sense_is_explained(
    client: Client, typed: str, message: str
) -> None:
    kept = make_sellable()
    put(client, kept)

    response = put(client, make_sellable(), typed)

    assert response.status_code == 422
    assert message in response.content.decode()
    assert [line.variant_id for line in contents(client).lines] == [kept]


@pytest.mark.parametrize("variant", ["", "0", "999999999999", "none", "1;drop"])
def test_a_variant_that_does_not_exist_is_refused(client: Client, variant: str) -> None:
    response = client.post(ADD, {"variant": variant, "quantity": "1"})

    assert response.status_code == 422
    assert "not sold here" in response.content.decode()


def test_a_line_can_be_changed_and_removed(client: Client) -> None:
    put(client, make_sellable())
    line = contents(client).lines[0]
    address = reverse("cart-line", args=[line.id])

    assert client.post(address, {"quantity": "4"})["Location"] == "/cart/?notice=updated"
    assert contents(client).lines[0].quantity == 4

    client.post(address, {"quantity": "4", "remove": "1"})
    assert contents(client).lines == []


def test_a_line_of_somebody_elses_cart_is_out_of_reach(client: Client) -> None:
    put(client, make_sellable())
    line = contents(client).lines[0]
    stranger = Client()
    put(stranger, make_sellable())

    response = stranger.post(reverse("cart-line", args=[line.id]), {"remove": "1"})

    assert response.status_code == 422
    assert "no longer in your cart" in response.content.decode()
    assert [kept.id for kept in contents(client).lines] == [line.id]


def test_htmx_gets_only_the_part_that_changed(client: Client) -> None:
    put(client, make_sellable())
    line = contents(client).lines[0]

    response = client.post(
        reverse("cart-line", args=[line.id]), {"quantity": "2"}, headers={"HX-Request": "true"}
    )

    assert "<html" not in response.content.decode()
    assert "Cart updated." in response.content.decode()


def test_the_cart_page_shows_lines_and_an_empty_one_says_so(client: Client) -> None:
    assert "Your cart is empty" in client.get(reverse("cart")).content.decode()

    put(client, make_sellable(title="Salt cellar"))

    page = client.get(reverse("cart")).content.decode()
    assert "Salt cellar" in page
    assert "$12.50" in page


def test_the_cart_page_takes_the_same_statements_for_one_line_and_for_ten(client: Client) -> None:
    put(client, make_sellable())
    client.get(reverse("cart"))
    with counted() as one:
        client.get(reverse("cart"))
    for _ in range(9):
        put(client, make_sellable())

    with counted() as ten:
        client.get(reverse("cart"))

    assert len(ten) == len(one) <= 10


def test_a_stolen_or_invented_cart_cookie_is_simply_no_cart(client: Client) -> None:
    client.cookies["cart"] = "x" * 5000

    assert "Your cart is empty" in client.get(reverse("cart")).content.decode()
    assert client.get(reverse("cart-count")).json()["count"] == 0


def make_shirt() -> tuple[int, dict[tuple[str, ...], int]]:
    """A product with two options, of which one combination is not made."""
    product_id = make_product(options=["Color", "Size"])
    made = [("Sand", "S"), ("Sand", "M"), ("Olive", "M")]
    ids = catalog.set_variants(
        product_id=product_id,
        variants=[VariantInput(sku="-".join(values), option_values=values) for values in made],
    )
    list_product(product_id)
    for variant_id in ids.values():
        set_price(variant_id)
        stock_up(variant_id)
    return product_id, {values: ids["-".join(values)] for values in made}


def test_options_say_which_variant_is_meant_within_ten_statements(client: Client) -> None:
    product_id, ids = make_shirt()
    form = {"product": product_id, "option.Color": "Olive", "option.Size": "M", "sku": "Sand-S"}
    client.post(ADD, {"product": product_id, "sku": "Sand-S"})

    with counted() as statements:
        client.post(ADD, form)

    chosen = [line.variant_id for line in contents(client).lines]
    assert chosen == [ids["Sand", "S"], ids["Olive", "M"]]
    assert len(statements) <= 10, "\n".join(statements)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Choose color and size first."),
        ({"option.Color": "Sand"}, "Choose size first."),
        ({"option.Color": "Olive", "option.Size": "S"}, "Olive / S is not sold."),
    ],
)
def test_a_choice_that_is_open_or_not_made_is_explained(
    client: Client, options: dict[str, str], message: str
) -> None:
    product_id, _ = make_shirt()

    response = client.post(ADD, {"product": product_id, "sku": "", **options})

    assert response.status_code == 422
    assert message in response.content.decode()
    assert contents(client).lines == []


def test_one_open_option_with_a_single_possibility_decides_itself(client: Client) -> None:
    product_id, ids = make_shirt()

    client.post(ADD, {"product": product_id, "option.Color": "Olive"})

    assert [line.variant_id for line in contents(client).lines] == [ids["Olive", "M"]]


def test_a_change_by_htmx_tells_the_header_the_new_number(client: Client) -> None:
    response = put(client, make_sellable(), "2", HX_Request="true")

    assert json.loads(response.headers["HX-Trigger"]) == {"cart:changed": {"count": 2}}
