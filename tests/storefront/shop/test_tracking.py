"""Following an order as a guest: by link, and by a link that is mailed again."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.fulfillment import USPS, labeled, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.carrier import deliver

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


def test_the_page_tells_where_a_parcel_is_when_it_comes_and_whom_to_call(
    client: Client, carriers: Any
) -> None:
    part = sell(Sold(seller=make_seller())).seller_orders[0]
    label_id = labeled(part)
    fulfillment.add_carrier(code="usps", name="USPS", tracking_url=USPS, phone="+1 800 275 8777")
    fulfillment.hand_over(seller_id=part.seller_id, label_id=label_id)
    (parcel,) = parcels.shipments_of(seller_order_ids=[part.id])[part.id]
    deliver(*carriers.signed(carriers.move(parcel.tracking_number, "in_transit", place="Denver")))

    page = client.get(reverse("order-tracking", args=[part.order_token])).content.decode()

    assert "On its way, expected" in page
    assert "Arrived at a sorting center" in page
    assert "Denver, NV, US" in page
    assert 'href="tel:+18002758777"' in page
    assert f"tLabels={parcel.tracking_number}" in page


def test_what_is_picked_up_shows_where_and_when(client: Client) -> None:
    method = {
        "name": "Pick-up", "carrier": "", "kind": "pickup",
        "promised_from": "2026-11-24", "promised_to": "2026-11-24",
        "pick_up": {"address": SAN_FRANCISCO.as_dict(), "opening_hours": "Mon to Fri 9 to 18"},
    }  # fmt: skip
    part = sell(Sold(seller=make_seller(), method=method)).seller_orders[0]
    address = reverse("order-tracking", args=[part.order_token])
    page = client.get(address).content.decode()
    assert "ready to pick up 24 November" in page
    assert "Mon to Fri 9 to 18" in page
    assert SAN_FRANCISCO.line1 in page

    parcel_id = fulfillment.make_ready(seller_id=part.seller_id, seller_order_id=part.id)
    assert "Ready since" in client.get(address).content.decode()
    fulfillment.deliver(seller_id=part.seller_id, shipment_id=parcel_id)
    assert "Picked up on" in client.get(address).content.decode()


def test_the_promise_of_an_order_stays_as_it_was_made(client: Client) -> None:
    method = {
        "name": "Standard", "carrier": "USPS", "min_days": 1, "max_days": 2,
        "promised_from": "2030-01-30", "promised_to": "2030-02-04",
    }  # fmt: skip
    order = sell(Sold(seller=make_seller(), method=method))
    page = client.get(reverse("order-tracking", args=[order.token])).content.decode()
    assert "expected 30 January – 4 February" in page


def test_the_footer_leads_everybody_to_the_withdrawal(client: Client) -> None:
    page = client.get(ASK).content.decode()
    assert reverse("withdraw") in page

    asked = client.get(reverse("withdraw")).content.decode()

    assert "Withdraw from a contract" in asked
    assert "without a reason and without an account" in asked
    refused = client.post(reverse("withdraw"), {"number": "", "email": "x"})
    assert (refused.status_code, "Withdraw" in refused.content.decode()) == (422, True)
