"""A running shop, a payment double and a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from commerce.gateways import stripe_calls
from devtools.stripe_double import StripeDouble
from tests.support import ground

from .browser import QUIET, chromium
from .market import build
from .watching import Watch, faults_of

__all__ = ["faults_of"]

WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
# Patience for a machine that does much else; nobody waits longer than it takes.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

# Playwright's own loop makes Django believe that tests run asynchronously.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    own = {"executable_path": chromium()} if chromium() else {}
    return {**browser_type_launch_args, **own, "args": QUIET}


@pytest.fixture(scope="session", autouse=True)
def _needs_a_browser(playwright: Any) -> None:
    if chromium() or Path(playwright.chromium.executable_path).exists():
        return
    remedy = "install Chromium, set CHROMIUM to its path, or run `playwright install chromium`"
    if os.environ.get("CI") == "true":
        pytest.fail(f"browser journeys cannot run: {remedy}")
    pytest.skip(f"no browser: {remedy}")


@pytest.fixture(scope="module")
def market(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A small marketplace, built once for all journeys of a module; each finds it untouched."""
    with django_db_blocker.unblock():
        try:
            build(tmp_path_factory.mktemp("market"))
            with ground.layer("market"):
                yield
        finally:
            ground.put_back()


@pytest.fixture
def double(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeDouble]:
    """The payment double, wired to the running shop both ways; it may answer late."""
    monkeypatch.setattr(stripe_calls, "CONNECT_SECONDS", 15.0)
    monkeypatch.setattr(stripe_calls, "READ_SECONDS", 30.0)
    with StripeDouble(
        webhook_url=f"{live_server.url}/webhooks/stripe/",
        webhook_secret=django_settings.STRIPE_WEBHOOK_SECRETS[0],
    ) as double:
        settings.STRIPE_API_BASE = double.url
        settings.SITE_URL = live_server.url
        settings.WAGTAILADMIN_BASE_URL = live_server.url
        yield double


@pytest.fixture(params=["desk"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=WIDTHS[request.param], reduced_motion="reduce")
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """Sees to it that a journey met no fault on any page it looked at."""
    watching = Watch(context)
    yield watching
    assert watching.faults == []
