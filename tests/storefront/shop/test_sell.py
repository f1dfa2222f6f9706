"""Applying to sell."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.sellers import operations, queries
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db

FORM = {
    "shop_name": "Kiln & Co",
    "legal_name": "Kiln and Company Ltd",
    "email": "kiln@example.com",
    "country": "DE",
    "about": "Stoneware from our own kiln, sent in straw.",
}


@pytest.fixture
def applicant(client: Client) -> Client:
    client.force_login(make_user())
    return client


def test_a_stranger_is_told_how_selling_works(client: Client) -> None:
    page = client.get(reverse("sell")).content.decode()

    assert "Selling needs an account" in page


def test_an_application_is_kept_and_waits_for_a_person(applicant: Client) -> None:
    applicant.post(reverse("sell"), FORM)

    assert "We have your application" in applicant.get(reverse("sell")).content.decode()
    assert queries.open_applications() == 1


def test_what_is_missing_is_said_and_the_rest_is_kept(applicant: Client) -> None:
    response = applicant.post(reverse("sell"), {**FORM, "about": ""})

    assert response.status_code == 422
    assert "Kiln &amp; Co" in response.content.decode()
    assert queries.open_applications() == 0


def test_a_taken_name_is_refused_beside_its_field(applicant: Client) -> None:
    operations.register(
        name="Kiln & Co",
        legal_name="Kiln",
        email="a@example.com",
        country="DE",
        owner_id=make_user().pk,
        rate_bps=1000,
    )

    response = applicant.post(reverse("sell"), FORM)

    assert response.status_code == 422
    assert queries.open_applications() == 0
