"""A running shop, a payment double and a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, BrowserContext, Page

from devtools.stripe_double import StripeDouble

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1440, "height": 900}}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Playwright's own loop makes Django believe that tests run asynchronously.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def chromium() -> str | None:
    """Return the browser on this machine, if there is one."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True))


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


@pytest.fixture
def double(live_server: Any, settings: Any) -> Iterator[StripeDouble]:
    """The payment double, wired to the running shop both ways."""
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
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def faults_of(page: Page) -> list[str]:
    """Return what axe finds wrong on the page by WCAG 2.2 AA."""
    page.evaluate(AXE.read_text())
    report = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})"
    )
    return [
        f"{page.url}: {fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in report["violations"]
        for node in fault["nodes"]
    ]
