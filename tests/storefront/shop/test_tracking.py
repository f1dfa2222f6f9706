"""Following an order as a guest: by link, and by a link that is mailed again."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.factories.fulfillment import shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db

ASK = reverse("order-ask")


def test_the_link_shows_parcels_of_every_seller(client: Client) -> None:
    order = sell(Sold(seller=make_seller()), Sold(seller=make_seller()))
    shipped(order.seller_orders[0])

    page = client.get(reverse("order-tracking", args=[order.token])).content.decode()

    assert order.number in page
    assert "9400 1000 0000 0000 0000 00" in page
    assert "Partly shipped" in page


def test_number_and_address_bring_the_link_by_mail(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    order = sell(Sold(seller=make_seller()))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(ASK, {"number": order.number, "email": order.email.upper()})

    assert mail.outbox[-1].to == [order.email]
    assert order.token in mail.outbox[-1].body


def test_the_answer_never_tells_whether_an_order_exists(client: Client) -> None:
    order = sell(Sold(seller=make_seller()))
    right = client.post(ASK, {"number": order.number, "email": order.email})
    sent = len(mail.outbox)

    wrong = client.post(ASK, {"number": order.number, "email": "eve@example.com"})
    unknown = client.post(ASK, {"number": "ORD-19700101-0001", "email": order.email})

    assert right.content == wrong.content == unknown.content
    assert len(mail.outbox) == sent


def test_asking_too_often_is_refused(client: Client) -> None:
    for _ in range(10):
        client.post(ASK, {"number": "ORD-1", "email": "eve@example.com"})

    assert client.post(ASK, {"number": "ORD-1", "email": "eve@example.com"}).status_code == 429


def test_a_form_that_lacks_something_says_what(client: Client) -> None:
    response = client.post(ASK, {"number": "ORD-1", "email": "nobody"})

    assert response.status_code == 422
    assert 'value="ORD-1"' in response.content.decode()


def test_a_guessed_token_finds_nothing(client: Client) -> None:
    assert client.get(reverse("order-tracking", args=["a" * 32])).status_code == 404
