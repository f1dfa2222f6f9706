"""The payment provider's double for a test, and the hand that pays on its page."""

from collections.abc import Iterator
from typing import Any

import pytest

from commerce.gateways import stripe_calls
from devtools.stripe_double import StripeDouble

DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"


@pytest.fixture(scope="session")
def _running_double() -> Iterator[StripeDouble]:
    with StripeDouble(webhook_secret="whsec_stoa") as running:
        yield running


@pytest.fixture
def double(_running_double: StripeDouble, settings: Any) -> Iterator[StripeDouble]:
    """A provider that answers; it forgets everything between tests."""
    settings.STRIPE_API_BASE = _running_double.url
    stripe_calls.breaker.succeeded()
    yield _running_double
    _running_double.outage(None)
    _running_double.clear_faults()
    _running_double.clear_disturbances()
    _running_double.reset()
    stripe_calls.breaker.succeeded()


def session_of(url: str) -> str:
    """Return the payment page's id from its address."""
    return url.rstrip("/").rsplit("/", 1)[-1]


def charges(double: StripeDouble) -> list[dict[str, Any]]:
    """Return the charges that succeeded, oldest first."""
    found: list[dict[str, Any]] = double.state()["charges"]
    return [charge for charge in found if charge["status"] == "succeeded"]
