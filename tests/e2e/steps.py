"""What people do in more than one journey."""

from playwright.sync_api import Page, expect

PAYS, ASKS, DECLINES = "4242424242424242", "4000002760003184", "4000000000000002"


def fill_address(page: Page) -> None:
    """Say who buys and where it goes."""
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_label("Full name").fill("Ada Brook")
    page.get_by_label("Address", exact=True).fill("1 Market Street")
    page.get_by_label("City").fill("San Francisco")
    page.get_by_label("State").select_option("CA")
    page.get_by_label("ZIP code").fill("94105")


def fill_card(page: Page, number: str) -> None:
    """Fill in a test card on the provider's page."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_label("Name on card").fill("Ada Brook")


def pay(page: Page, number: str) -> None:
    fill_card(page, number)
    page.get_by_role("button", name="Pay $").click()


def expect_confirmed(page: Page) -> str:
    """Wait for the confirmation; returns the order's number."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Ada Brook")
    return page.locator("main strong").first.inner_text()
