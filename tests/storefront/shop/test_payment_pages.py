"""Forms that end on the provider's page, and the policy that lets them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from storefront.shop.payment_pages import payment_page_origin
from tests.factories.orders import make_ready_cart


@pytest.mark.parametrize(
    ("api", "pages"),
    [
        ("", "https://checkout.stripe.com"),
        ("https://api.stripe.com", "https://checkout.stripe.com"),
        ("http://127.0.0.1:8420/", "http://127.0.0.1:8420"),
    ],
)
def test_the_payment_page_stands_where_the_provider_is(settings: Any, api: str, pages: str) -> None:
    settings.STRIPE_API_BASE = api

    assert payment_page_origin() == pages


@pytest.mark.django_db
def test_only_the_page_that_pays_may_lead_away(client: Client, settings: Any) -> None:
    settings.STRIPE_API_BASE = ""
    client.cookies["cart"] = make_ready_cart().token

    def policy(name: str) -> str:
        return client.get(reverse(name)).headers["Content-Security-Policy"]

    assert "form-action 'self' https://checkout.stripe.com" in policy("checkout-review")
    assert "form-action 'self';" in policy("cart") + ";"
