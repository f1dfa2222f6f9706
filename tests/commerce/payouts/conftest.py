import pytest

from commerce.gateways import stripe_calls
from commerce.gateways.breaker import CircuitBreaker
from devtools.stripe_double import StripeDouble
from tests.factories.payouts import Provider


@pytest.fixture
def provider(double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The double as a place where sellers have accounts; its failures never blow the fuse."""
    monkeypatch.setattr(stripe_calls, "breaker", CircuitBreaker(threshold=1000, pause=0))
    return Provider(double)
