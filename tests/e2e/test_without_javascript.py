"""Scripts are switched off: everything a shopper needs still works."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from devtools.stripe_double import StripeDouble
from tests.support.provider import charges

from .conftest import PATIENCE
from .steps import PAYS, expect_confirmed, fill_address, pay
from .watching import Watch


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(
        java_script_enabled=False, viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


class Twin(Watch):
    """Shows the same HTML in a page with scripts, which axe needs; the page's own stay out."""

    def __init__(self, context: BrowserContext, browser: Browser) -> None:
        super().__init__(context)
        self.page = browser.new_page(reduced_motion="reduce")
        self.page.route("**/*.js", lambda route: route.abort())

    def look(self, page: Page, *, whole: bool = False) -> None:
        html = page.content()
        self.page.route(page.url, lambda route: route.fulfill(body=html, content_type="text/html"))
        self.page.goto(page.url)
        super().look(self.page, whole=whole)
        self.page.unroute(page.url)


@pytest.fixture
def watch(context: BrowserContext, browser: Browser) -> Iterator[Watch]:
    watching = Twin(context, browser)
    yield watching
    watching.page.close()
    assert watching.faults == []


def test_from_the_menu_to_the_confirmation(
    market: None, live_server: Any, double: StripeDouble, page: Page, watch: Watch
) -> None:
    page.goto(live_server.url)
    page.locator(".menu summary").filter(has_text="Kitchen").click()
    page.get_by_role("link", name="Drinking").click()
    page.get_by_role("link", name="Stoneware mug").click()
    page.get_by_role("radio", name="Large").check()
    page.get_by_role("button", name="Show price of this choice").click()
    expect(page.locator(".price--large")).to_have_text("$22.00")
    watch.look(page)
    page.get_by_role("button", name="Add to cart").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    expect(page.get_by_text("Sand / Large")).to_be_visible()
    page.get_by_role("spinbutton", name="Quantity of Stoneware mug").fill("3")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".cart-line__total")).to_contain_text("$66.00")
    watch.look(page)

    page.get_by_role("button", name="Go to checkout").click()
    expect(page.get_by_text("Your items are kept for you for another 14")).to_be_visible()
    fill_address(page)
    watch.look(page)
    page.get_by_role("button", name="Go on to shipping").click()
    page.get_by_text("Express").click()
    watch.look(page)
    page.get_by_role("button", name="Go on to review").click()
    expect(page.get_by_role("button", name="Order and pay $90.92")).to_be_visible()
    watch.look(page)
    page.get_by_role("button", name="Order and pay").click()
    pay(page, PAYS)

    expect_confirmed(page)
    watch.look(page)
    assert [charge["amount"] for charge in charges(double)] == [9092]  # 66 + 18, 8.25 % tax


def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    market: None, live_server: Any, page: Page, watch: Watch
) -> None:
    page.goto(f"{live_server.url}/sellers/loom-line/wool-blanket/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("button", name="Go to checkout").click()
    page.get_by_label("Full name").fill("Ada Brook")
    page.get_by_label("ZIP code").fill("not a code")

    page.get_by_role("button", name="Go on to shipping").click()

    expect(page.get_by_label("Full name")).to_have_value("Ada Brook")
    expect(page.get_by_role("link", name="Enter your email address")).to_be_visible()
    expect(page.get_by_label("ZIP code")).to_have_attribute("aria-invalid", "true")
    watch.look(page)
