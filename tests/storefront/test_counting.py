"""Limits on what can be tried: networks, carts, orders; with and without Redis."""

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from commerce.cart import queries as carts
from commerce.orders.models import Order
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from storefront import limits
from storefront.cache import ForgivingRedisCache
from tests.factories.orders import Wanted, make_ready_cart
from tests.storefront.shop.test_checkout import order_form, place, shopper_with, walk_to_review
from tests.support.race import race

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["shared cache", "no Redis"])
def anywhere(request: Any, settings: Any, db: None) -> Any:
    if request.param == "no Redis":
        settings.CACHES = {
            "default": {"BACKEND": "storefront.cache.ForgivingRedisCache", "LOCATION": NOBODY}
        }
    yield
    ForgivingRedisCache._asked_again_at = 0


def asked_from(address: str) -> Any:
    return RequestFactory().post("/", REMOTE_ADDR=address)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_a_network_is_one_address_or_one_customer(address: str, network: str) -> None:
    assert limits.network_of(asked_from(address)) == network


def test_moving_about_in_ones_own_network_wins_no_tries(anywhere: None) -> None:
    for number in range(20):
        limits.count(asked_from(f"2001:db8:1:2::{number:x}"), limits.CODES)

    with pytest.raises(limits.TooOften):
        limits.count(asked_from("2001:db8:1:2:ffff::1"), limits.CODES)
    limits.count(asked_from("2001:db8:1:3::1"), limits.CODES)


def test_moving_between_networks_wins_no_tries_for_one_cart(anywhere: None) -> None:
    for number in range(10):
        limits.count(asked_from(f"8.8.4.{number}"), limits.PAYING, who="cart:one")

    with pytest.raises(limits.TooOften):
        limits.count(asked_from("8.8.8.8"), limits.PAYING, who="cart:one")
    limits.count(asked_from("8.8.8.8"), limits.PAYING, who="cart:other")


def test_looking_counts_nothing(anywhere: None) -> None:
    for _ in range(30):
        limits.check(asked_from("8.8.8.8"), limits.CODES, who="cart:one")
    for _ in range(10):
        limits.count(asked_from("8.8.8.8"), limits.CODES, who="cart:one")

    with pytest.raises(limits.TooOften):
        limits.check(asked_from("8.8.8.8"), limits.CODES, who="cart:one")


def test_the_sentence_says_when(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(limits.TooOften(wait_seconds=61)).endswith("Please try again in 2 minutes.")
    assert str(limits.TooOften(wait_seconds=20)).endswith("Please try again in a minute.")


def test_the_count_begins_anew_with_the_next_span(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits.time, "time", lambda: 6_000.0)
    for _ in range(10):
        limits.count(asked_from("8.8.8.8"), limits.PAYING, who="cart:one")
    with pytest.raises(limits.TooOften) as refused:
        limits.count(asked_from("8.8.8.8"), limits.PAYING, who="cart:one")

    monkeypatch.setattr(limits.time, "time", lambda: 6_000.0 + refused.value.wait_seconds)

    limits.count(asked_from("8.8.8.8"), limits.PAYING, who="cart:one")


def test_behind_a_proxy_that_tells_nothing_shoppers_do_not_lock_each_other_out(db: None) -> None:
    for number in range(60):
        limits.count(asked_from("10.0.0.7"), limits.PAYING, who=f"cart:{number}")


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_time_are_all_counted_without_redis(settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "storefront.cache.ForgivingRedisCache", "LOCATION": NOBODY}
    }
    limits.count(asked_from("8.8.8.8"), limits.CODES, who="cart:one")

    results = race(
        lambda: limits.count(asked_from("8.8.8.8"), limits.CODES, who="cart:one"), times=12
    )

    ForgivingRedisCache._asked_again_at = 0
    assert [type(each) for each in results].count(limits.TooOften) == 3


@pytest.mark.django_db
def test_placing_too_often_says_when_and_keeps_everything(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    client = shopper_with(ready)
    page = walk_to_review(client)
    wrong = {**order_form(page), "expected_total": "1"}
    for _ in range(10):
        assert client.post(reverse("checkout-place"), wrong).status_code == 409

    refused = place(client, page)

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 600
    assert "Please try again in" in refused.content.decode()
    assert "Order and pay" in refused.content.decode()
    assert carts.contents(token=ready.token).count == 2
    assert not Payment.objects.exists()


@pytest.mark.django_db
def test_a_network_that_tries_cart_after_cart_is_stopped(double: StripeDouble) -> None:
    for number in range(40):
        limits.count(asked_from("8.8.8.8"), limits.PAYING, who=f"cart:{number}")
    ready = make_ready_cart([Wanted()])
    client = shopper_with(ready)
    form = order_form(walk_to_review(client))

    stopped = client.post(reverse("checkout-place"), form, REMOTE_ADDR="8.8.8.8")
    elsewhere = client.post(reverse("checkout-place"), form, REMOTE_ADDR="8.8.4.4")

    assert (stopped.status_code, elsewhere.status_code) == (429, 302)


@pytest.mark.django_db
def test_paying_again_and_again_is_stopped_with_a_way_back(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted()])
    client = shopper_with(ready)
    place(client, walk_to_review(client))
    order = Order.objects.get()
    retry = reverse("checkout-retry", args=[order.token])
    for _ in range(10):
        client.post(retry)

    refused = client.post(retry)

    assert refused.status_code == 429
    assert "Please try again in" in refused.content.decode()
    assert reverse("checkout-return", args=[order.token]) in refused.content.decode()


@pytest.mark.django_db
def test_asking_for_links_is_limited_for_all_of_a_network(client: Client) -> None:
    asked = {"number": "ORD-1", "email": "eve@example.com"}
    for number in range(10):
        client.post(reverse("order-ask"), asked, REMOTE_ADDR=f"2001:db8::{number:x}")

    refused = client.post(reverse("order-ask"), asked, REMOTE_ADDR="2001:db8::ffff")

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "ORD-1" in refused.content.decode()


@pytest.mark.django_db
def test_gift_cards_cannot_be_found_by_trying(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted(quantity=2)])
    client = shopper_with(ready)
    walk_to_review(client)
    tried = {"code": "AAAA-BBBB-CCCC-DDDD"}
    for _ in range(10):
        assert client.post(reverse("checkout-credit"), tried).status_code == 422

    refused = client.post(reverse("checkout-credit"), tried)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "AAAA-BBBB-CCCC-DDDD" in refused.content.decode()
