"""The payment provider's double for a test, and the hand that pays on its page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from commerce.gateways import stripe_calls
from devtools.stripe_double import StripeDouble
from devtools.stripe_double.core.webhooks import signature
from storefront.webhooks.stripe import receive

DECLINED = "4000000000000002"
SECRET = "whsec_stoa"


@pytest.fixture(scope="session")
def _running_double() -> Iterator[StripeDouble]:
    with StripeDouble(webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
def double(
    _running_double: StripeDouble, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeDouble]:
    """A provider that answers, be it late; it forgets everything between tests."""
    settings.STRIPE_API_BASE = _running_double.url
    monkeypatch.setattr(stripe_calls, "CONNECT_SECONDS", 15.0)
    monkeypatch.setattr(stripe_calls, "READ_SECONDS", 30.0)
    yield _running_double
    _running_double.outage(None)
    _running_double.clear_faults()
    _running_double.clear_disturbances()
    _running_double.reset()


def session_of(url: str) -> str:
    """Return the payment page's id from its address."""
    return url.rstrip("/").rsplit("/", 1)[-1]


def charges(double: StripeDouble) -> list[dict[str, Any]]:
    """Return the charges that succeeded, oldest first."""
    found: list[dict[str, Any]] = double.state()["charges"]
    return [charge for charge in found if charge["status"] == "succeeded"]


def notices(double: StripeDouble, kind: str = "") -> list[str]:
    """Return the texts of the provider's notices, oldest first."""
    return [
        record["_text"]
        for record in double.world.store.all("event")
        if not kind or record["type"] == kind
    ]


def deliver(text: str, *, secret: str = SECRET, signed: str | None = None) -> HttpResponse:
    """Send a notice to the shop as the provider does; returns the answer."""
    request = RequestFactory().post(
        "/webhooks/stripe/",
        data=text,
        content_type="application/json",
        headers={"Stripe-Signature": signed or signature(text, [secret])},
    )
    return receive(request)


def pages(double: StripeDouble) -> int:
    """Return how many payment pages were ever opened."""
    return len(list(double.world.store.all("checkout.session")))
