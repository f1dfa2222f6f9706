"""The provider's fields in our own checkout: the same attempt, one page, one policy."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.checkout import operations
from commerce.checkout.types import Placed
from commerce.orders import queries as orders
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from storefront.shop import pay_here
from tests.factories.orders import make_ready_cart
from tests.support.provider import charges, session_of

pytestmark = pytest.mark.django_db
HERE = "https://shop.example/checkout/here/ORDER/"


@pytest.fixture
def here(double: StripeDouble, settings: Any) -> StripeDouble:
    settings.PAYMENT_HERE = True
    return double


def place() -> Placed:
    ready = make_ready_cart()
    return operations.place(
        cart_token=ready.token,
        user_id=None,
        expected_total=ready.total,
        return_url="https://shop.example/checkout/ORDER/",
        pay_url=HERE,
    )


def fill_in(double: StripeDouble, secret: str, card: str = "4242424242424242") -> bool:
    """Fill in the fields; returns whether they led on."""
    return "leads_to" in double.post_form(f"{double.url}/c/element/{secret}", card=card)[2]


def secret_of(double: StripeDouble) -> str:
    session = double.world.store.by_id[str(Payment.objects.get().provider_session)]
    return str(session["client_secret"])


def test_the_shopper_is_led_to_our_own_page(here: StripeDouble) -> None:
    placed = place()

    assert placed.payment_url == HERE.replace("ORDER", placed.order_token)
    assert Payment.objects.get().payment_url == placed.payment_url


def test_paying_there_confirms_through_the_same_door(here: StripeDouble) -> None:
    placed = place()

    assert fill_in(here, secret_of(here))

    assert operations.finalise(order_token=placed.order_token) == "confirmed"
    assert len(charges(here)) == 1


def test_a_declined_card_can_be_followed_by_another(here: StripeDouble) -> None:
    placed = place()

    assert not fill_in(here, secret_of(here), "4000000000000002")
    assert operations.finalise(order_token=placed.order_token) == "pending"
    assert fill_in(here, secret_of(here))

    assert operations.finalise(order_token=placed.order_token) == "confirmed"


def test_an_answer_that_was_lost_leads_to_the_same_fields(here: StripeDouble) -> None:
    here.fault("500_stored", method="POST", path="/v1/checkout/sessions", times=None)
    placed = place()
    here.clear_faults()

    again = operations.retry_payment(order_token=placed.order_token)

    assert again.payment_url == HERE.replace("ORDER", placed.order_token)


def test_giving_up_closes_the_fields(here: StripeDouble) -> None:
    placed = place()
    secret = secret_of(here)

    assert operations.abandon(order_token=placed.order_token) == "canceled"

    assert not fill_in(here, secret)


def test_the_page_allows_the_providers_script_and_no_other_page_does(
    here: StripeDouble, client: Client, settings: Any
) -> None:
    placed = place()

    page = client.get(reverse("checkout-here", args=[placed.order_token]))
    policy = page.headers["Content-Security-Policy"]

    assert secret_of(here) in page.content.decode()
    [scripts] = [rule for rule in policy.split("; ") if rule.startswith("script-src")]
    assert here.url in scripts
    assert f"frame-src {here.url}" in policy
    for other in (reverse("cart"), reverse("checkout-return", args=[placed.order_token])):
        rules = client.get(other).headers["Content-Security-Policy"].split("; ")
        [scripts] = [rule for rule in rules if rule.startswith("script-src")]
        assert here.url not in scripts


def test_the_real_provider_is_named_when_nothing_stands_in(settings: Any) -> None:
    settings.STRIPE_API_BASE = ""

    assert pay_here.script_address().startswith("https://js.stripe.com/")
    assert "https://api.stripe.com" in pay_here._policy()["connect-src"]


def test_what_is_paid_or_unknown_has_no_fields(here: StripeDouble, client: Client) -> None:
    placed = place()
    address = reverse("checkout-here", args=[placed.order_token])
    fill_in(here, secret_of(here))
    operations.finalise(order_token=placed.order_token)

    assert client.get(address).headers["Location"] == reverse(
        "checkout-return", args=[placed.order_token]
    )
    assert client.get(reverse("checkout-here", args=["nobody"])).status_code == 302


def test_a_provider_that_is_away_leads_to_the_waiting_page(
    here: StripeDouble, client: Client
) -> None:
    placed = place()
    here.outage("503")

    answer = client.get(reverse("checkout-here", args=[placed.order_token]))

    assert answer.status_code == 302


def test_the_providers_own_page_stays_the_default(double: StripeDouble) -> None:
    placed = place()

    assert str(placed.payment_url).startswith(double.url)
    session = double.world.store.by_id[session_of(str(placed.payment_url))]
    assert session["client_secret"] is None
    assert orders.ref(token=placed.order_token).state == "pending"  # type: ignore[union-attr]
