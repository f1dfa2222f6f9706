import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import TransactionTestCase

from cms.pages import memory
from commerce.gateways import carrier_calls, stripe_calls
from commerce.notifications import operations as notifications
from storefront import limits, unlocking
from storefront.api import keys
from tests.support import ground
from tests.support import time as passing
from tests.support.carrier import _running_carriers, carriers
from tests.support.provider import _running_double, double

__all__ = ["_running_carriers", "_running_double", "carriers", "double"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Keep what the migrations wrote, and put it back after tests that commit."""
    with django_db_blocker.unblock():
        ground.lay()
    TransactionTestCase._fixture_teardown = lambda self: ground.put_back()  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """Many tests reckon with today and then ask the shop for it."""
    passing.let_midnight_pass()


@pytest.fixture(autouse=True)
def _one_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits, and what pages remember, begin anew when a span of the clock does.

    It would end in the middle of some test, every minute and every ten.
    """
    moment = time.time()
    for module in (limits, keys, unlocking, memory):
        stopped = SimpleNamespace(time=lambda: moment, monotonic=time.monotonic)
        monkeypatch.setattr(module, "time", stopped)


@pytest.fixture(autouse=True)
def _whole_fuses() -> Iterator[None]:
    """What one test saw failing must not keep the next from asking."""
    yield
    fuses = (stripe_calls.breaker, carrier_calls.breaker, carrier_calls.address_breaker)
    for fuse in (*fuses, notifications.server):
        fuse.succeeded()


@pytest.fixture(autouse=True)
def _own_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of one test's database would be a second chain to the next."""
    monkeypatch.setattr(settings, "SEALS_FOLDER", f"seals-{uuid4().hex}")


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """What one test cached, such as Wagtail's addresses of sites, must not reach the next."""
    yield
    caches["default"].clear()
