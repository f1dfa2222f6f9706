"""Joining a seller's team by the link of an invitation."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from commerce.sellers import operations, queries
from tests.factories.accounts import make_user
from tests.factories.selling import open_shop, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def link(shop):
    invitation_id = operations.invite(
        seller_id=shop.seller.pk, email="new@example.com", role="packer",
        invited_by=shop.people["owner"].pk,
    )  # fmt: skip
    token = queries.invitation_token(invitation_id=invitation_id)
    return reverse("sell-join", args=[token])


@pytest.fixture
def person():
    return make_user(email="new@example.com")


def test_a_stranger_sees_both_ways_in_whether_or_not_there_is_an_account(client, link):
    before = client.get(link).content.decode()
    make_user(email="new@example.com")

    assert client.get(link).content.decode() == before
    assert f"{reverse('account_login')}?next=%2Fsell%2Fjoin" in before
    assert f"{reverse('account_signup')}?next=%2Fsell%2Fjoin" in before


def test_the_person_accepts_and_enters_the_workspace(shop, link, person):
    client = signed_in(person)

    assert "Accept" in client.get(link).content.decode()
    assert queries.seller_of(user_id=person.pk) is None
    assert client.post(link)["Location"] == "/admin/"

    assert queries.seller_of(user_id=person.pk).role == "packer"
    assert client.get("/admin/selling/orders/").status_code == 200
    assert client.get(link)["Location"] == "/admin/"


def test_without_a_second_factor_one_is_set_up_first(shop, link, person, settings):
    settings.MFA_REQUIRED_FOR_STAFF = True
    client = signed_in(person)

    answer = client.post(link)

    assert answer["Location"].startswith(f"{reverse('mfa_activate_totp')}?next=%2Fsell%2Fjoin")
    assert queries.seller_of(user_id=person.pk) is None


def test_somebody_else_is_told_whose_it_is_and_gets_nowhere(shop, link):
    stranger = make_user(email="stranger@example.com")
    client = signed_in(stranger)

    page = client.post(link)

    assert "It went to new@example.com" in page.content.decode()
    assert queries.seller_of(user_id=stranger.pk) is None


def test_who_works_for_another_shop_is_told_so(link):
    busy = open_shop("Borealis").people["editor"]
    busy.email = "new@example.com"
    busy.save()

    page = signed_in(busy).post(link)

    assert page.status_code == 409
    assert "belongs to a shop already" in page.content.decode()


@pytest.mark.parametrize("token", ["x", "0" * 300, "Mg:1abc:zzz"])
def test_a_made_up_link_says_to_ask_again(client, token):
    page = client.get(reverse("sell-join", args=[token]))

    assert page.status_code == 410
    assert "Ask the shop" in page.content.decode()


def test_signing_up_on_the_way_leads_back_here_after_the_mail(
    link, settings, django_capture_on_commit_callbacks
):
    form = {
        "first_name": "Nia", "last_name": "Novak", "email": "new@example.com",
        "password1": "Colonnade-7", "password2": "Colonnade-7", "next": link,
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        Client().post(reverse("account_signup"), form)
    (confirm,) = re.findall(
        rf"{settings.SITE_URL}(/account/confirm-email/\S+)", mail.outbox[-1].body
    )

    elsewhere = Client()  # another browser: the mail may be read on a phone
    page = elsewhere.get(confirm).content.decode()
    (hidden,) = re.findall(r'name="next" value="([^"]+)"', page)
    answer = elsewhere.post(confirm.split("?")[0], {"next": hidden})

    assert answer["Location"] == link


def test_a_way_on_to_another_site_is_left_out(settings, django_capture_on_commit_callbacks):
    form = {
        "first_name": "Nia", "last_name": "Novak", "email": "new@example.com",
        "password1": "Colonnade-7", "password2": "Colonnade-7", "next": "//attacker.example/",
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        Client().post(reverse("account_signup"), form)

    assert "attacker" not in mail.outbox[-1].body
