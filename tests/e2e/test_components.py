from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import faults_of


@pytest.fixture
def guide(live_server: Any, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.storefront.styleguide_urls"
    return f"{live_server.url}/styleguide/"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_every_component_is_accessible_and_fits(
    browser: Browser, guide: str, width: int, theme: Any
):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(guide)

    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert [text for text in refused if "Content Security Policy" in text] == []
    context.close()


def test_price_stock_address_and_picture_follow_the_chosen_variant(page: Page, guide: str):
    page.goto(guide)
    product = page.locator("form:has([data-variant-picker])")

    product.locator("input[value=clay]").check(force=True)
    product.locator("input[value=s]").check(force=True)

    expect(product.locator(".price--large")).to_have_text("$28.00")
    expect(product.locator("[data-stock-state]")).to_have_text("Only 2 left")
    expect(product.locator("[data-sku]")).to_have_value("BOWL-CLAY-S")
    expect(product.locator("#q1")).to_have_attribute("max", "2")
    expect(page.locator("[data-stage] img")).to_have_attribute(
        "src", "/static/img/samples/amphora.svg"
    )
    expect(page).to_have_url(f"{guide}?sku=BOWL-CLAY-S")


def test_a_variant_out_of_stock_cannot_be_added(page: Page, guide: str):
    page.goto(guide)
    product = page.locator("form:has([data-variant-picker])")

    product.locator("input[value=bone]").check(force=True)

    expect(product.locator("[data-when-available]")).to_be_hidden()
    expect(product.locator("[data-when-out]")).to_be_visible()
    expect(product.locator("[data-announce]")).to_have_text("$36.00, Out of stock")


def test_the_menu_opens_by_keyboard_and_gives_the_focus_back(page: Page, guide: str):
    page.goto(guide)
    summary = page.locator(".menu summary").first

    summary.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".menu__panel a").first).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator(".menu details[open]")).to_have_count(0)
    expect(summary).to_be_focused()


def test_the_gallery_enlarges_and_turns_by_keyboard(page: Page, guide: str):
    page.goto(guide)

    page.locator("[data-stage]").press("Enter")
    page.keyboard.press("ArrowRight")

    expect(page.locator("dialog [data-count]")).to_have_text("2 of 4")
    page.keyboard.press("Escape")
    expect(page.locator(".gallery__dialog")).to_be_hidden()


def test_quantity_buttons_stop_at_the_limits(page: Page, guide: str):
    page.goto(guide)
    box = page.locator("[data-quantity]:has(#q1)")

    expect(box.locator("[data-step='-1']")).to_be_disabled()
    box.locator("[data-step='1']").click()

    expect(box.locator("input")).to_have_value("2")
    expect(box.locator("[data-step='-1']")).to_be_enabled()


def test_the_chosen_colors_are_kept_for_the_next_page(page: Page, guide: str):
    page.goto(guide)
    toggle = page.locator("[data-theme-toggle]")

    toggle.click()
    toggle.click()
    page.reload()

    expect(toggle).to_have_text("Colors: dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_without_scripts_menus_open_and_pictures_are_links(browser: Browser, guide: str):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(guide)

    page.locator(".menu summary").first.click()

    expect(page.locator(".menu__panel").first).to_be_visible()
    expect(page.locator(".quantity__step").first).to_be_hidden()
    expect(page.get_by_role("button", name="Show price of this choice")).to_be_visible()
    expect(page.locator("[data-thumb]").nth(1)).to_have_attribute(
        "href", "/static/img/samples/amphora.svg"
    )
    context.close()
