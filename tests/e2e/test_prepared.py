"""An order that was agreed on the phone: prepared by a seller or by staff, paid by its link."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from devtools.stripe_double import StripeDouble

from . import books
from .market import ADMINISTRATOR, owner_of
from .people import sign_in
from .steps import DECLINES, PAYS, fill_card, pay
from .test_money import People

pytestmark = pytest.mark.usefixtures("market")


@pytest.fixture
def people(browser: Browser) -> Iterator[People]:
    people = People(browser)
    yield people
    people.leave()
    assert [fault for watch in people.watches for fault in watch.faults] == []


def prepare(page: Page, base: str, area: str, items: str) -> str:
    """Write down what was agreed; returns the link that the shopper is mailed."""
    page.goto(f"{base}/admin/{area}/drafts/")
    page.watch.look_at_screen(page)
    page.get_by_role("link", name="Prepare an order").first.click()
    page.get_by_label("Items").fill("NO-SUCH 1")
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_label("Full name").fill("Ada Brook")
    page.locator("[name=line1]").fill("1 Market Street")
    page.get_by_label("City").fill("San Francisco")
    page.get_by_label("State or province").fill("CA")
    page.get_by_label("Postal code").fill("94105")
    page.get_by_label("Words to the shopper").fill("As agreed on the phone. Thank you!")
    page.get_by_role("button", name="Prepare it and mail the link").click()
    expect(page.get_by_text("There is no SKU NO-SUCH to sell.")).to_be_visible()
    page.watch.look_at_screen(page)
    page.get_by_label("Items").fill(items)
    page.get_by_role("button", name="Prepare it and mail the link").click()
    expect(page.get_by_text("Prepared. The link to pay was mailed.")).to_be_visible()
    page.watch.look_at_screen(page)
    (told,) = [str(message.body) for message in mail.outbox if "ada@example.com" in message.to]
    found = re.search(r"/pay/[\w-]+/", told)
    assert found, told
    return f"{base}{found[0]}"


def test_a_seller_prepares_an_order_that_its_shopper_pays(
    live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    owner = people.come()
    sign_in(owner, base, owner_of("kiln"))
    link = prepare(owner, base, "selling", "MUG-SAND-L 2\nSALT 1")
    owner.goto(link)
    expect(owner.get_by_text("This order is for its shopper")).to_be_visible()
    owner.watch.look(owner)

    ada = people.come()
    ada.goto(link)
    expect(ada.get_by_role("heading", level=1)).to_have_text("Your prepared order")
    expect(ada.get_by_text("As agreed on the phone. Thank you!")).to_be_visible()
    expect(ada.locator("header").get_by_text("3", exact=True)).to_have_count(0)  # no cart of hers
    ada.watch.look(ada, whole=True)
    ada.get_by_role("button", name="Order and pay").click()
    fill_card(ada, DECLINES)
    ada.get_by_role("button", name="Pay $").click()
    expect(ada.get_by_role("alert")).to_contain_text("declined")
    pay(ada, PAYS)

    expect(ada.get_by_role("heading", level=1)).to_have_text("Thank you, Ada Brook")
    number = ada.locator("main strong").first.inner_text()
    assert double.wait_for_webhooks()
    order = books.order_of(number)
    assert [line.sku for part in order.seller_orders for line in part.lines] == [
        "MUG-SAND-L", "SALT",
    ]  # fmt: skip
    ada.goto(f"{base}/orders/track/{order.token}/")
    expect(ada.get_by_text("Salt cellar").first).to_be_visible()
    ada.watch.look(ada)
    owner.goto(f"{base}/admin/selling/orders/")
    owner.get_by_role("link", name=order.seller_orders[0].number).click()
    expect(owner.get_by_text("MUG-SAND-L")).to_be_visible()
    owner.goto(f"{base}/admin/selling/drafts/")
    expect(owner.get_by_text(number)).to_be_visible()
    owner.watch.look_at_screen(owner)
    assert books.broken_promises() == []

    stranger = people.come()
    stranger.goto(link)
    expect(stranger.get_by_text("An order was placed by this link.")).to_be_visible()
    expect(stranger.get_by_text(number)).to_have_count(0)
    stranger.watch.look(stranger)


def test_staff_prepares_an_order_of_two_shops_and_takes_one_back(
    live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    staff = people.come()
    sign_in(staff, base, ADMINISTRATOR)
    link = prepare(staff, base, "office", "SALT 1\nBLANKET 1")

    ada = people.come()
    ada.set_viewport_size({"width": 390, "height": 844})
    ada.goto(link)
    expect(ada.get_by_role("heading", name="From Kiln & Co")).to_be_visible()
    expect(ada.get_by_role("heading", name="From Loom & Line")).to_be_visible()
    ada.watch.look(ada)

    staff.get_by_role("button", name="Withdraw").click()
    expect(staff.get_by_text("The link leads nowhere any more.")).to_be_visible()
    ada.get_by_role("button", name="Order and pay").click()
    expect(ada.get_by_text("This offer has ended.").first).to_be_visible()
    ada.watch.look(ada)
    assert double.state()["charges"] == []
    assert books.broken_promises() == []
