"""The address that the provider knocks at."""

import pytest
from django.test import Client
from django.urls import reverse

from commerce.payments.models import ProviderEvent
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.webhooks import signature
from tests.factories.orders import make_ready_cart
from tests.support.provider import SECRET, notices

pytestmark = pytest.mark.django_db


def knock(body: str | bytes, header: str) -> int:
    """Send a notice without a browser's tokens; returns the status."""
    answer = Client(enforce_csrf_checks=True).post(
        reverse("stripe-webhook"),
        data=body,
        content_type="application/json",
        headers={"Stripe-Signature": header},
    )
    return answer.status_code


def a_notice(double: StripeDouble) -> str:
    placed = make_ready_cart().place()
    double.pay(str(placed.payment_url))
    return notices(double, "checkout.session.completed")[0]


def test_the_address_is_the_one_that_is_published() -> None:
    assert reverse("stripe-webhook") == "/webhooks/stripe/"


def test_a_signed_notice_is_taken_without_a_form_token(double: StripeDouble) -> None:
    text = a_notice(double)

    assert knock(text, signature(text, [SECRET])) == 200
    assert knock(text, signature(text, [SECRET])) == 200

    stored = ProviderEvent.objects.get()
    assert stored.kind == "checkout.session.completed"
    assert stored.payload["object"] == "checkout.session"


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_posts_are_answered(client: Client, method: str) -> None:
    assert getattr(client, method)(reverse("stripe-webhook")).status_code == 405


@pytest.mark.parametrize("body", ["", "{}", "[]", "nonsense", b"\xff\xfe"])
def test_what_nobody_signed_is_refused_and_not_kept(
    double: StripeDouble, body: str | bytes
) -> None:
    assert knock(body, "") == 400
    assert knock(body, "t=1,v1=abc") == 400

    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("body", ["", "{}", "[]", "nonsense", '{"id": 1}'])
def test_what_is_signed_but_no_notice_is_refused_too(double: StripeDouble, body: str) -> None:
    assert knock(body, signature(body, [SECRET])) == 400

    assert not ProviderEvent.objects.exists()
