"""A guest checkout over HTTP: five requests, some sixty statements, however much is bought."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.checkout import queries
from commerce.orders.models import Order
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.orders import make_ready_cart, offer_shipping
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def fill_a_cart(sellers: int, lines: int) -> str:
    quantities = {}
    for _ in range(sellers):
        seller_id = make_seller().pk
        offer_shipping(seller_id)
        quantities |= {make_sellable(seller_id=seller_id): 1 for _ in range(lines)}
    return make_cart(quantities)


def check_out(client: Client, double: StripeDouble, token: str) -> dict[str, int]:
    """Go from the cart to the confirmation; returns how many statements each request took."""
    client.cookies["cart"] = token
    taken = {}
    with counted() as statements:
        client.get(reverse("checkout-address"))
    taken["address"] = len(statements)
    with counted() as statements:
        client.post(
            reverse("checkout-shipping"), {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}
        )
    taken["shipping"] = len(statements)
    parts = queries.review(cart_token=token).parts
    chosen = {f"method-{part.seller_id}": part.options[0].method_id for part in parts}
    with counted() as statements:
        page = client.post(reverse("checkout-review"), chosen)
    taken["review"] = len(statements)
    quote = page.context["review"].quote
    with counted() as statements:
        answer = client.post(
            reverse("checkout-place"), {"expected_total": quote.total.minor, "currency": "USD"}
        )
    taken["place"] = len(statements)
    double.pay(answer.headers["Location"])
    order = Order.objects.latest("pk")
    with counted() as statements:
        page = client.get(reverse("checkout-return", args=[order.token]))
    taken["return"] = len(statements)
    assert page.context["order"].state == "confirmed"
    return taken


def test_a_guest_checkout_takes_at_most_sixty_three_statements(
    client: Client, double: StripeDouble
) -> None:
    make_ready_cart()  # leaves a tax rate
    check_out(client, double, fill_a_cart(sellers=1, lines=1))  # fills the caches
    small = check_out(client, double, fill_a_cart(sellers=1, lines=1))
    large = check_out(client, double, fill_a_cart(sellers=3, lines=8))

    assert large == small
    assert sum(small.values()) <= 63, small
