"""The parcel service's double for a test."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from commerce.gateways import carrier_calls, easypost
from devtools.carrier_double import CarrierDouble
from storefront.webhooks.easypost import receive

SECRET = "parcels_stoa"


@pytest.fixture(scope="session")
def _running_carriers() -> Iterator[CarrierDouble]:
    with CarrierDouble(webhook_secret=SECRET) as running:
        yield running


@pytest.fixture
def carriers(
    _running_carriers: CarrierDouble, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CarrierDouble]:
    """A parcel service that answers, be it late; it forgets everything between tests."""
    settings.EASYPOST_API_BASE = _running_carriers.url
    monkeypatch.setattr(carrier_calls, "CONNECT_SECONDS", 15.0)
    monkeypatch.setattr(easypost, "PRICE_SECONDS", 15.0)
    yield _running_carriers
    _running_carriers.reset()


def deliver(body: bytes, signature: str) -> HttpResponse:
    """Send a notice to the shop as the service does; returns the answer."""
    request = RequestFactory().post(
        "/webhooks/easypost/", body, content_type="application/json",
        headers={"X-Hmac-Signature": signature},
    )  # fmt: skip
    return receive(request)
