"""A line that is short comes with what there is instead."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.catalog import queries as catalog
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart
from tests.factories.inventory import stock_up
from tests.factories.orders import offer_shipping
from tests.factories.shopfront import on_show
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db
MUGS = [(("Blue", "S"), 1250, 5), (("Blue", "L"), 1250, 5), (("Red", "L"), 1250, 5)]
CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}


def variants_of(product_id: int) -> list[int]:
    return [one.id for one in catalog.variants_of(product_ids=[product_id])[product_id]]


def mugs(**fields: object) -> list[int]:
    page = on_show(options=["Color", "Size"], variants=MUGS, **fields)  # type: ignore[arg-type]
    return variants_of(page.product_id)


def place_of(variant_id: int, left: int) -> None:
    """Let so many be left where the factories put them."""
    stock_up(variant_id, left)


def cart_with(*variant_ids: int, quantity: int = 2) -> Client:
    client = Client()
    client.cookies["cart"] = make_cart(dict.fromkeys(variant_ids, quantity))
    return client


def cart_page(client: Client) -> str:
    return " ".join(client.get(reverse("cart")).content.decode().split())


def test_other_variants_come_first_the_nearest_before_the_others() -> None:
    small, large, _ = mugs()
    client = cart_with(small)
    place_of(small, 0)

    page = cart_page(client)

    assert "This item is sold out. There is also <a href=" in page
    assert page.index(">Blue / L</a>") < page.index(">Red / L</a>")
    assert f"?sku={catalog.variants(variant_ids=[large])[large].sku}" in page


def test_a_variant_that_has_fewer_than_are_wanted_is_none() -> None:
    small, large, _ = mugs()
    client = cart_with(small, quantity=3)
    place_of(small, 1)
    place_of(large, 2)

    page = cart_page(client)

    assert "Only 1 left." in page
    assert ">Red / L</a>" in page
    assert ">Blue / L</a>" not in page


def test_without_another_variant_products_of_the_category_do() -> None:
    (only,) = variants_of(on_show("Blue mug").product_id)
    on_show("Green bowl")
    client = cart_with(only)
    place_of(only, 0)

    page = cart_page(client)

    assert "There is also <a href=" in page
    assert "Green bowl, $12.50</a>" in page


def test_where_nothing_is_like_it_nothing_is_said() -> None:
    (only,) = variants_of(on_show("Blue mug").product_id)
    client = cart_with(only)
    place_of(only, 0)

    page = cart_page(client)

    assert "This item is sold out." in page
    assert "There is also" not in page


def test_a_line_that_can_be_ordered_has_none() -> None:
    small, *_ = mugs()

    assert "There is also" not in cart_page(cart_with(small))


def test_a_change_by_htmx_keeps_them() -> None:
    small, *_ = mugs()
    client = cart_with(small)
    place_of(small, 1)
    line = client.get(reverse("cart")).context["cart"].lines[0]

    answer = client.post(
        reverse("cart-line", args=[line.id]), {"quantity": "x"}, headers={"HX-Request": "true"}
    )

    assert ">Blue / L</a>" in answer.content.decode()


def test_every_step_of_the_checkout_warns_and_names_them(settings) -> None:
    settings.CHECKOUT_HOLD_MINUTES = 0  # what is held cannot be short
    small, *_ = mugs()
    seller_id = catalog.variants(variant_ids=[small])[small].seller_id
    offer_shipping(seller_id)
    client = cart_with(small)
    page = client.post(reverse("checkout-shipping"), CONTACT)
    (part,) = page.context["review"].parts
    client.post(reverse("checkout-review"), {f"method-{seller_id}": part.options[0].method_id})
    place_of(small, 1)

    for step in ("checkout-address", "checkout-shipping", "checkout-review"):
        shown = " ".join(client.get(reverse(step)).content.decode().split())
        assert "Only 1 left. Lower the quantity to order." in shown
        assert "Instead of Blue mug there is also <a href=" in shown


def test_the_sum_counts_what_can_be_ordered_alone() -> None:
    small, large, _ = mugs()
    client = cart_with(small, large)
    place_of(small, 0)

    page = cart_page(client)

    assert "<dt>2 items</dt><dd>$25.00</dd>" in page


def test_what_is_short_at_the_last_moment_is_said_once_with_a_way_to_the_cart(
    settings: Any,
) -> None:
    settings.CHECKOUT_HOLD_MINUTES = 0
    small, *_ = mugs()
    seller_id = catalog.variants(variant_ids=[small])[small].seller_id
    offer_shipping(seller_id)
    client = cart_with(small)
    page = client.post(reverse("checkout-shipping"), CONTACT)
    (part,) = page.context["review"].parts
    method = {f"method-{seller_id}": part.options[0].method_id}
    total = client.post(reverse("checkout-review"), method).context["review"].quote.total
    place_of(small, 0)

    answer = client.post(
        reverse("checkout-place"), {"expected_total": total.minor, "currency": total.currency}
    )

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert shown.count("This item is sold out.") == 1
    assert shown.index("This item is sold out.") < shown.index(">Change the cart</a>")


def test_many_short_lines_take_the_statements_of_one() -> None:
    firsts = [mugs(title=f"Mug {number}")[0] for number in range(3)]
    bare = [variants_of(on_show(f"Bowl {number}").product_id)[0] for number in range(3)]
    taken = []
    for lines in ([firsts[0], bare[0]], [*firsts, *bare]):
        client = cart_with(*lines)
        for variant_id in lines:
            place_of(variant_id, 0)
        cart_page(client)
        with counted() as statements:
            cart_page(client)
        taken.append(len(statements))
        for variant_id in lines:
            place_of(variant_id, 5)

    assert taken[0] == taken[1]


def test_a_cart_that_is_fine_takes_no_statement_for_it() -> None:
    small, *_ = mugs()
    client = cart_with(small)
    cart_page(client)
    with counted() as fine:
        cart_page(client)
    place_of(small, 0)
    with counted() as short:
        cart_page(client)

    assert len(short) - len(fine) <= 4
