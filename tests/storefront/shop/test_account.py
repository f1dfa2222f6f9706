"""Accounts by their addresses: sign-up, one's own pages, nobody else's."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.test import Client
from django.urls import reverse

from commerce.accounts import queries
from commerce.accounts.models import User
from commerce.cart import queries as carts
from commerce.notifications import operations as notifications
from commerce.notifications import queries as notification_queries
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db

PASSWORD = "Colonnade-7"
SIGNUP = {
    "first_name": "Ada",
    "last_name": "Brook",
    "email": "ada@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link_in_mail() -> str:
    for message_id in notification_queries.due_messages(limit=10):
        notifications.deliver(message_id=message_id)
    return re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)[1]


def test_a_person_signs_up_confirms_the_address_and_signs_in(client: Client) -> None:
    client.post(reverse("account_signup"), SIGNUP)
    login = {"login": "ada@example.com", "password": PASSWORD}
    refused = client.post(reverse("account_login"), login)
    assert refused["Location"] == reverse("account_email_verification_sent")

    client.post(link_in_mail())
    response = client.post(reverse("account_login"), login)

    assert response["Location"] == "/account/"
    user = User.objects.get()
    assert (user.first_name, user.last_name) == ("Ada", "Brook")


def test_a_known_address_gets_the_same_answer_as_a_new_one(client: Client) -> None:
    make_user(email="ada@example.com")

    response = client.post(reverse("account_signup"), SIGNUP)

    assert response["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("colonnade-7", "an upper-case letter"),
        ("COLONNADE-7", "a lower-case letter"),
        ("Colonnade-x", "a digit"),
        ("Colonnade77", "a special character"),
        ("Ab-1", "8 characters"),
    ],
)
def test_a_plain_password_is_told_what_it_lacks(
    client: Client, password: str, missing: str
) -> None:
    form = {**SIGNUP, "password1": password, "password2": password}

    page = client.post(reverse("account_signup"), form).content.decode()

    assert missing in page
    assert 'value="ada@example.com"' in page
    assert not User.objects.exists()


def test_passwords_are_stored_with_bcrypt_over_sha256_at_cost_twelve(settings) -> None:
    from storefront.settings import base

    settings.PASSWORD_HASHERS = base.PASSWORD_HASHERS
    user = make_user(password=PASSWORD)

    assert identify_hasher(user.password).algorithm == "bcrypt_sha256"
    assert "$12$" in user.password


def test_a_reset_link_works_once(client: Client) -> None:
    make_user(email="ada@example.com", password=PASSWORD)
    client.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    link = link_in_mail()
    form = client.get(link, follow=True)
    new = {"password1": "Peristyle-8", "password2": "Peristyle-8"}

    client.post(form.redirect_chain[-1][0], new)

    assert User.objects.get().check_password("Peristyle-8")
    assert "password1" not in Client().get(link, follow=True).content.decode()


def test_a_guest_cart_comes_along_when_signing_in(client: Client) -> None:
    user = make_user(email="ada@example.com", password=PASSWORD)
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    mug, bowl = make_sellable(), make_sellable()
    make_cart({bowl: 1}, user_id=user.pk)
    client.cookies["cart"] = make_cart({mug: 2})

    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    token = carts.find(token="", user_id=user.pk)
    found = {line.variant_id: line.quantity for line in carts.contents(token=token).lines}
    assert found == {mug: 2, bowl: 1}
    assert client.get(reverse("cart-count")).json()["count"] == 3


def test_addresses_are_added_changed_and_deleted() -> None:
    user = make_user()
    client = signed_in(user)

    client.post(reverse("account-address-new"), SAN_FRANCISCO.as_dict())
    (entry,) = queries.addresses_of(user_id=user.pk)
    changed = {**SAN_FRANCISCO.as_dict(), "line2": "Floor 3"}
    client.post(reverse("account-address", args=[entry.id]), changed)
    assert queries.addresses_of(user_id=user.pk)[0].line2 == "Floor 3"

    client.post(reverse("account-address-delete", args=[entry.id]))
    assert queries.addresses_of(user_id=user.pk) == []


def test_a_wrong_address_is_explained_and_kept() -> None:
    client = signed_in(make_user())
    wrong = {**SAN_FRANCISCO.as_dict(), "postal_code": "ABC"}

    response = client.post(reverse("account-address-new"), wrong)

    assert response.status_code == 422
    assert 'value="ABC"' in response.content.decode()


def test_somebody_elses_address_and_order_do_not_exist() -> None:
    owner, stranger = make_user(), make_user()
    signed_in(owner).post(reverse("account-address-new"), SAN_FRANCISCO.as_dict())
    (entry,) = queries.addresses_of(user_id=owner.pk)
    order = sell(Sold(seller=make_seller()), user_id=owner.pk)
    client = signed_in(stranger)

    assert client.get(reverse("account-address", args=[entry.id])).status_code == 404
    assert client.post(reverse("account-address-delete", args=[entry.id])).status_code == 404
    assert client.get(reverse("account-order", args=[order.number])).status_code == 404
    assert order.number not in client.get(reverse("account-orders")).content.decode()
    assert len(queries.addresses_of(user_id=owner.pk)) == 1


def test_ones_own_orders_are_listed_and_opened() -> None:
    user = make_user()
    order = sell(Sold(seller=make_seller()), user_id=user.pk)
    client = signed_in(user)

    assert order.number in client.get(reverse("account")).content.decode()
    opened = client.get(reverse("account-order", args=[order.number]), follow=True)

    assert order.number in opened.content.decode()


@pytest.mark.parametrize(
    "name",
    ["account", "account-profile", "account-addresses", "account-address-new", "account-orders"],
)
def test_a_stranger_is_asked_to_sign_in(client: Client, name: str) -> None:
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_name_can_be_changed() -> None:
    user = make_user()

    signed_in(user).post(reverse("account-profile"), {"first_name": "Grace", "last_name": "Hill"})

    user.refresh_from_db()
    assert user.get_full_name() == "Grace Hill"
