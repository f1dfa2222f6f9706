"""A shopper without a mouse: from the skip link to the confirmation, with the focus always seen."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from devtools.stripe_double import StripeDouble

from .hands import Hands
from .steps import PAYS, expect_confirmed
from .watching import PHONE, Watch

MUG = "/sellers/kiln-co/stoneware-mug/"


@pytest.fixture
def hands(page: Page) -> Any:
    made = Hands(page)
    yield made
    assert made.faults == []


def test_buying_by_keyboard_alone(
    market: None,
    live_server: Any,
    double: StripeDouble,
    page: Page,
    hands: Hands,
    watch: Watch,
) -> None:
    page.goto(live_server.url)
    hands.write(page.get_by_role("searchbox"), "mug")
    hands.send()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mug")
    hands.follow(page.get_by_role("link", name="Stoneware mug"))

    hands.reach(page.get_by_role("radio", name="Sand"))
    hands.reach(page.get_by_role("radio", name="Small"))
    hands.press("Space", "ArrowRight")
    expect(page.locator(".price--large")).to_have_text("$22.00")
    hands.check()
    hands.reach(page.get_by_role("button", name="Add to cart"))
    hands.press("Enter")
    hands.reach(page.get_by_role("link", name="See your cart (1)"))
    watch.look(page)
    hands.send()

    quantity = page.get_by_role("spinbutton", name="Quantity of Stoneware mug")
    hands.reach(quantity)
    hands.press("ArrowUp")
    expect(page.get_by_text("Cart updated.")).to_be_visible()
    expect(page.get_by_role("definition").first).to_have_text("$44.00")
    expect(page.locator("[data-count]")).to_have_text("2")
    expect(quantity).to_be_focused()
    hands.follow(page.get_by_role("button", name="Go to checkout"))

    _tell_address(page, hands)
    hands.reach(page.get_by_role("radio", name="Standard"))
    hands.press("ArrowDown")
    expect(page.get_by_role("radio", name="Express")).to_be_checked()
    hands.follow(page.get_by_role("button", name="Go on to review"))
    hands.follow(page.get_by_role("button", name="Order and pay"))

    hands.write(page.get_by_label("Card number"), PAYS)
    hands.write(page.get_by_label("Expiry"), "12/34")
    hands.write(page.get_by_label("Security code"), "123")
    hands.write(page.get_by_label("Name on card"), "Ada Brook")
    hands.send()
    expect_confirmed(page)


def _tell_address(page: Page, hands: Hands) -> None:
    hands.write(page.get_by_label("Email address"), "ada@example.com")
    hands.write(page.get_by_label("Full name"), "Ada Brook")
    hands.write(page.get_by_label("Address", exact=True), "1 Market Street")
    hands.write(page.get_by_label("City"), "San Francisco")
    hands.write(page.get_by_label("State"), "California")
    hands.write(page.get_by_label("ZIP code"), "94105")
    hands.follow(page.get_by_role("button", name="Go on to shipping"))


def test_the_first_stop_skips_to_the_content(
    market: None, live_server: Any, page: Page, hands: Hands
) -> None:
    page.goto(f"{live_server.url}{MUG}")

    hands.reach(page.get_by_role("link", name="Skip to the content"), most=1)
    hands.press("Enter")
    expect(page.locator("main")).to_be_focused()
    hands.reach(page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").first, most=1)


def test_menus_open_close_and_give_the_focus_back(
    market: None, live_server: Any, page: Page, hands: Hands
) -> None:
    page.goto(live_server.url)
    menu = page.locator(".menu summary").filter(has_text="Kitchen")

    hands.reach(menu)
    hands.press("Enter")
    hands.reach(page.locator(".menu").get_by_role("link", name="Drinking"), most=3)
    hands.press("Escape")
    expect(menu).to_be_focused()
    expect(page.locator(".menu details[open]")).to_have_count(0)

    page.set_viewport_size({"width": PHONE, "height": 844})
    drawer = page.get_by_label("Menu", exact=True).first
    drawer.focus()
    hands.press("Enter")
    hands.reach(page.locator(".drawer__panel").get_by_text("Sellers"), most=4)
    hands.press("Escape")
    expect(page.locator(".drawer[open]")).to_have_count(0)


def test_a_dialog_keeps_the_focus_and_gives_it_back(
    market: None, live_server: Any, page: Page, hands: Hands, watch: Watch
) -> None:
    page.goto(f"{live_server.url}{MUG}")
    stage = page.locator("[data-stage]")

    hands.reach(stage)
    hands.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(6):
        hands.press("Tab")
        outside = page.evaluate(
            "document.activeElement !== document.body"
            " && !document.querySelector('dialog[open]').contains(document.activeElement)"
        )
        assert not outside
    watch.look(page)
    hands.press("Escape")

    expect(dialog).to_be_hidden()
    expect(stage).to_be_focused()
