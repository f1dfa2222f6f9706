"""The address book at checkout: prefilled, chosen without a script, kept, and full."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from commerce.accounts import operations, queries
from commerce.accounts.models import User
from tests.factories.accounts import BERLIN, SAN_FRANCISCO, make_user
from tests.factories.cart import make_sellable
from tests.factories.orders import offer_shipping
from tests.factories.sellers import make_seller
from tests.factories.selling import signed_in

pytestmark = pytest.mark.django_db
OAKLAND = replace(SAN_FRANCISCO, city="Oakland", line1="2 Lake Street", postal_code="94612")
CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}


@pytest.fixture
def user() -> User:
    return make_user(email="ada@example.com")


@pytest.fixture
def client(user: User) -> Client:
    """A shopper's browser with something in the cart."""
    client = signed_in(user)
    seller_id = make_seller().pk
    offer_shipping(seller_id)
    variant_id = make_sellable(seller_id=seller_id)
    client.post(reverse("cart-add"), {"variant": variant_id, "quantity": 1})
    return client


def keep(user: User, *addresses: object) -> list[int]:
    return [operations.save_address(user_id=user.pk, address=a) for a in addresses]  # type: ignore[arg-type]


def first_step(client: Client, **chosen: object) -> str:
    return client.get(reverse("checkout-address"), chosen).content.decode()


def test_the_default_address_and_the_email_are_filled_in(client: Client, user: User) -> None:
    keep(user, SAN_FRANCISCO, OAKLAND)

    page = first_step(client)

    assert 'value="1 Market Street"' in page
    assert 'value="ada@example.com"' in page


def test_another_address_of_the_book_is_chosen_by_a_link(client: Client, user: User) -> None:
    _, other = keep(user, SAN_FRANCISCO, OAKLAND)

    assert f'href="?address={other}"' in first_step(client)
    page = first_step(client, address=other)

    assert 'value="2 Lake Street"' in page
    assert 'value="1 Market Street"' not in page
    assert 'value="ada@example.com"' in page


def test_it_may_be_chosen_after_another_was_typed(client: Client, user: User) -> None:
    client.post(reverse("checkout-shipping"), {**CONTACT, "email": "work@example.com"})
    (other,) = keep(user, OAKLAND)

    page = first_step(client, address=other)

    assert 'value="2 Lake Street"' in page
    assert 'value="work@example.com"' in page


@pytest.mark.parametrize("named", ["0", "x", "\u00b2", "9" * 40, "stranger"])
def test_an_address_of_nobody_or_of_somebody_else_changes_nothing(
    client: Client, user: User, named: str
) -> None:
    keep(user, SAN_FRANCISCO)
    (foreign,) = keep(make_user(), OAKLAND)

    page = first_step(client, address=foreign if named == "stranger" else named)

    assert 'value="1 Market Street"' in page
    assert "2 Lake Street" not in page


def test_a_typed_address_is_kept_once_when_that_is_ticked(client: Client, user: User) -> None:
    for _ in range(2):
        client.post(reverse("checkout-shipping"), {**CONTACT, "save_address": "on"})

    (kept,) = queries.addresses_of(user_id=user.pk)
    assert kept.as_dict() == SAN_FRANCISCO.as_dict()


def test_without_the_tick_nothing_is_kept(client: Client, user: User) -> None:
    client.post(reverse("checkout-shipping"), CONTACT)

    assert queries.addresses_of(user_id=user.pk) == []


def test_a_full_book_is_said_and_the_order_goes_on(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MAX_ADDRESSES", 1)
    keep(user, BERLIN)

    answer = client.post(reverse("checkout-shipping"), {**CONTACT, "save_address": "on"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "This order goes to the address you gave, but it was not kept." in page
    assert "How should it travel?" in page
    assert len(queries.addresses_of(user_id=user.pk)) == 1
