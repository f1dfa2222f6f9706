"""The hosted pages as people meet them: phone and desk, without JavaScript, by keyboard, axe."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

expect.set_options(timeout=60_000)
AXE = Path(__file__).parents[2] / "e2e" / "vendor" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture
def shop(checkout, double):
    """A session whose shop is the double's own front page, so that there is where to return."""
    return lambda: checkout(
        success_url=f"{double.url}/?session={{CHECKOUT_SESSION_ID}}",
        cancel_url=f"{double.url}/?back",
    )


def use(page, number):
    """Let the page fill a test card in; it asks its server for that."""
    page.get_by_role("button", name=f"Use {number}").click()
    expect(page.get_by_label("Card number")).to_have_value(number)


def faults(page):
    page.wait_for_load_state("load")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found] + ["too wide"] * wide


def test_a_card_is_declined_another_approved_without_javascript(browser, shop):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(shop().url)

    use(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="Pay $24.50").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    expect(page.get_by_label("Card number")).to_have_value("4000 0000 0000 0002")
    expect(page.get_by_label("Security code")).to_have_value("")
    page.get_by_label("Card number").fill("4000 0027 6000 3184")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay $24.50").click()
    page.get_by_role("button", name="Approve the payment").click()

    page.wait_for_url("**/?session=cs_test_*")


def test_the_page_is_filled_in_and_sent_by_keyboard(browser, shop):
    page = browser.new_context().new_page()
    page.goto(shop().url)

    page.get_by_label("E-mail").focus()
    for text in ("a@example.com", "4242424242424242", "12/34", "123", "A. Shopper"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Pay $24.50"
    page.keyboard.press("Enter")

    page.wait_for_url("**/?session=cs_test_*")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_no_page_has_an_accessibility_fault(browser, client, double, shop, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, session = context.new_page(), shop()
    account = client.accounts.create({"type": "express", "business_profile": {"name": "Kiln"}})
    link = client.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": f"{double.url}/?refresh",
            "return_url": f"{double.url}/?return",
        }
    )
    found = {}

    page.goto(session.url)
    found["payment"] = faults(page)
    page.get_by_role("button", name="Pay $24.50").click()
    expect(page.get_by_role("alert")).to_contain_text("Check these details")
    found["mistakes"] = faults(page)
    use(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="Pay $24.50").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    found["decline"] = faults(page)
    use(page, "4000 0027 6000 3184")
    page.get_by_role("button", name="Pay $24.50").click()
    expect(page.get_by_role("button", name="Approve the payment")).to_be_visible()
    found["bank"] = faults(page)
    page.get_by_role("button", name="Approve the payment").click()
    page.wait_for_url("**/?session=cs_test_*")
    found["front page"] = faults(page)
    page.goto(session.url)
    found["paid"] = faults(page)
    page.goto(link.url)
    found["onboarding"] = faults(page)
    page.get_by_role("button", name="Submit test details").click()
    page.wait_for_url("**/?return")
    page.goto(client.accounts.login_links.create(account.id).url)
    found["dashboard"] = faults(page)

    assert {name: wrong for name, wrong in found.items() if wrong} == {}
