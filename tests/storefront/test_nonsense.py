"""Nonsense in addresses, forms and cookies is answered, never with a failure."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.pages import a_shop
from tests.support.nonsense import NONSENSE


def label(text: str) -> str:
    return ascii(text)[1:21]


PAGES: list[Callable[[str], str]] = [
    lambda text: f"/{text}/",
    lambda text: f"/p/{text}/",
    lambda text: f"/search/?q={text}",
    lambda text: f"/search/?q=mug&page={text}&sort={text}&price_min={text}",
    lambda text: f"/sellers/{text}/",
    lambda text: f"/checkout/return/{text}/",
    lambda text: f"/orders/track/{text}/",
    lambda text: f"/account/login/?next={text}",
    lambda text: f"/account/confirm-email/{text}/",
    lambda text: f"/account/password/reset/key/{text}-{text}/",
    lambda text: f"/documents/{text}/{text}",
    lambda text: f"/checkout/fields/?country={text}",
    lambda text: f"/admin/login/?next={text}",
    lambda text: f"/cart/?{text}={text}",
    lambda text: f"/sitemap-{text}.xml",
    lambda text: f"/media/{text}",
    lambda text: f"/static/{text}",
]
FORMS: list[tuple[str, list[str]]] = [
    ("/cart/add/", ["variant", "quantity", "product", "next"]),
    ("/cart/lines/1/", ["quantity", "remove"]),
    ("/checkout/shipping/", ["email", *SAN_FRANCISCO.as_dict()]),
    ("/checkout/review/", ["method-1"]),
    ("/checkout/place/", ["expected_total", "currency"]),
    ("/orders/track/", ["number", "email"]),
    ("/account/login/", ["login", "password", "next", "remember"]),
    ("/account/signup/", ["first_name", "last_name", "email", "password1", "password2"]),
    ("/account/password/reset/", ["email"]),
]
MEMBERS_FORMS: list[tuple[str, list[str]]] = [
    ("/account/profile/", ["first_name", "last_name"]),
    ("/account/addresses/new/", list(SAN_FRANCISCO.as_dict())),
    ("/account/email/", ["email", "action_add"]),
    ("/account/password/change/", ["oldpassword", "password1", "password2"]),
    ("/sell/", ["shop_name", "legal_name", "email", "country", "about"]),
]


def quoted(text: str) -> str:
    """As a careless program would send it: bytes, each of them escaped."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


@pytest.mark.django_db
@pytest.mark.parametrize("text", NONSENSE, ids=label)
def test_nonsense_in_an_address_breaks_nothing(client: Client, text: str) -> None:
    a_shop()
    statuses = {}
    for make in PAGES:
        address = make(quoted(text))
        statuses[address] = client.get(address).status_code

    assert {a: s for a, s in statuses.items() if s not in {200, 301, 302, 400, 404}} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("text", NONSENSE, ids=label)
def test_nonsense_in_a_form_breaks_nothing(client: Client, text: str) -> None:
    variant = make_sellable()
    client.cookies["cart"] = make_cart({variant: 1})
    member = Client()
    member.force_login(make_user())
    statuses = {}
    for who, forms in ((client, FORMS), (member, MEMBERS_FORMS)):
        for address, fields in forms:
            body = "&".join(f"{field}={quoted(text)}" for field in fields)
            response = who.generic(
                "POST", address, body.encode(), content_type="application/x-www-form-urlencoded"
            )
            statuses[address] = response.status_code

    assert {a: s for a, s in statuses.items() if s not in {200, 302, 400, 404, 422, 429}} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("text", NONSENSE, ids=label)
def test_nonsense_in_a_cookie_breaks_nothing(client: Client, text: str) -> None:
    header = "; ".join(
        f'{name}="{text.encode("unicode_escape").decode("ascii")}"'
        for name in ("cart", "sessionid", "csrftoken", "messages")
    )
    raw = "; ".join(f'{name}="\\000{name}"' for name in ("cart", "sessionid"))

    for cookie in (header, raw):
        for address in ("/cart/", "/cart/count/", "/account/", "/checkout/"):
            response = client.get(address, HTTP_COOKIE=cookie)
            assert response.status_code in {200, 302, 400}
