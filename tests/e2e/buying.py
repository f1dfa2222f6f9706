"""What a shopper does between the search box and the confirmation."""

from playwright.sync_api import Page, expect

from .steps import ASKS, DECLINES, expect_confirmed, fill_address, pay


def find(page: Page, base: str, *, words: str, product: str) -> None:
    page.goto(base)
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").click()
    expect_page(page, f"Results for “{words}”")
    page.watch.look(page)
    page.get_by_role("link", name=product, exact=True).click()
    expect_page(page, product)
    page.watch.look(page)


def expect_page(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def choose(page: Page, *, option: str) -> None:
    page.get_by_role("radio", name=option).check(force=True)


def add(page: Page, *, count: int) -> None:
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("link", name=f"See your cart ({count})")).to_be_visible()


def check_out(page: Page, *, sellers: list[str]) -> None:
    """From the cart to the page of the payment provider."""
    page.get_by_role("link", name="See your cart").click()
    expect_page(page, "Your cart")
    page.watch.look(page)
    page.get_by_role("button", name="Go to checkout").click()
    expect_page(page, "Where should it go?")
    page.watch.look(page)
    fill_address(page)
    page.get_by_role("button", name="Go on to shipping").click()
    for seller in sellers:
        expect(page.get_by_text(f"Parcel from {seller}")).to_be_visible()
    page.watch.look(page)
    page.get_by_role("button", name="Go on to review").click()
    for seller in sellers:
        expect(page.get_by_role("heading", name=f"From {seller}")).to_be_visible()
    page.watch.look(page)
    page.get_by_role("button", name="Order and pay").click()


def pay_at_last(page: Page) -> str:
    """Be declined, try again, be asked by the bank; returns the order's number."""
    pay(page, DECLINES)
    expect(page.get_by_role("alert")).to_contain_text("You have not been charged")
    page.watch.look(page)
    pay(page, ASKS)
    expect_page(page, "Your bank asks: is this you?")
    page.watch.look(page)
    page.get_by_role("button", name="Approve the payment").click()
    number = expect_confirmed(page)
    page.watch.look(page)
    return number
