from collections.abc import Iterator

import pytest

from commerce.gateways import stripe_calls
from commerce.gateways.breaker import CircuitBreaker
from devtools.stripe_double.double import StripeDouble
from tests.factories.payouts import Provider


@pytest.fixture
def provider(settings, monkeypatch) -> Iterator[Provider]:
    """A Stripe double that the gateway speaks to."""
    monkeypatch.setattr(stripe_calls, "breaker", CircuitBreaker(threshold=1000, pause=0))
    settings.GATEWAYS_IGNORE_TEST_TRANSACTION = True
    with StripeDouble() as double:
        settings.STRIPE_API_BASE = double.url
        yield Provider(double)
