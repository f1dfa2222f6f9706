"""The day on which goods are expected: on the product page, before paying, in the mail, after."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from commerce.catalog import queries as catalog
from commerce.inventory import operations as inventory
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from commerce.notifications.models import Message
from commerce.orders.models import Order
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart
from tests.factories.orders import offer_shipping
from tests.factories.shopfront import on_show

pytestmark = pytest.mark.django_db
CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}


def day() -> date:
    return clock.now().date() + timedelta(days=12)


def written(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def show_ahead(*, on_hand: int, kind: str = "backorder") -> tuple[str, int]:
    """A product that is sold ahead; returns its address and its variant."""
    page = on_show("Blue mug", variants=[((), 1250, on_hand)])
    (variant,) = catalog.variants_of(product_ids=[page.product_id])[page.product_id]
    inventory.set_policy(
        variant_id=variant.id,
        policy=PolicyData(kind=kind, backorder_limit=5, expected_on=day()),
    )
    offer_shipping(variant.seller_id)
    return page.url, variant.id


def text_of(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


@pytest.mark.parametrize(
    ("on_hand", "kind", "said"),
    [
        (0, "backorder", "On backorder: expected by {}"),
        (0, "preorder", "Preorder: available from {}"),
        (2, "backorder", "Low stock: 2 left, more expected by {}"),
    ],
)
def test_the_product_page_names_the_day(on_hand: int, kind: str, said: str) -> None:
    address, _ = show_ahead(on_hand=on_hand, kind=kind)

    assert said.format(written(day())) in text_of(Client().get(address).content)


def test_the_day_goes_with_the_order_from_the_cart_to_the_mail(double: StripeDouble) -> None:
    _, variant_id = show_ahead(on_hand=1)
    client = Client()
    client.cookies["cart"] = make_cart({variant_id: 3})
    promise = f"1 in stock, the others expected by {written(day())}"

    assert promise in text_of(client.get(reverse("cart")).content)
    page = client.post(reverse("checkout-shipping"), CONTACT)
    (part,) = page.context["review"].parts
    chosen = {f"method-{part.seller_id}": part.options[0].method_id}
    review = client.post(reverse("checkout-review"), chosen)
    assert f"Expected by {written(day())}" in text_of(review.content)

    form = dict(
        re.findall(r'name="(expected_total|currency)" value="([^"]+)"', review.content.decode())
    )
    double.pay(client.post(reverse("checkout-place"), form)["Location"])
    order = Order.objects.get()
    client.get(reverse("checkout-return", args=[order.token]))

    tracked = client.get(reverse("order-tracking", args=[order.token])).content
    assert f"Expected by {written(day())}" in text_of(tracked)
    for delivery in Delivery.objects.filter(subscriber__startswith="commerce.notifications"):
        deliver(delivery_id=delivery.pk)
    mail = Message.objects.get(kind="order_confirmed", recipient="ada@example.com")
    assert f"expected by {day():%B} {day().day}, {day().year}" in mail.text
