"""The whole story: somebody becomes a seller, a guest buys from two, and both get the money."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from cms.selling.operations import MODERATION
from devtools.stripe_double import StripeDouble
from tests.factories.pages import photo

from . import books, buying, selling, staffing
from .conftest import PATIENCE
from .market import ADMINISTRATOR, MODERATOR, owner_of
from .people import sign_in
from .watching import DESK, Watch

PASSWORD = "Reed-Basket-77"
MIRA = "mira@example.com"
SUPERUSER = "super@stoa.example"
SELLERS = ["Mira Glas", "Loom & Line"]
STAGE = "Approval by a moderator"
Someone = Callable[[], Page]


@pytest.fixture
def someone(browser: Browser) -> Iterator[Someone]:
    """Returns a page in a browser of somebody's own; all of them are watched."""
    opened = []

    def come() -> Page:
        context = browser.new_context(
            viewport={"width": DESK, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.watch = Watch(context)
        opened.append((context, page.watch))
        return page

    yield come
    for context, _ in opened:
        context.close()
    assert [fault for _, watch in opened for fault in watch.faults] == []


def test_from_an_application_to_the_payout(
    market: None,
    live_server: Any,
    double: StripeDouble,
    someone: Someone,
    tmp_path: Path,
) -> None:
    base = live_server.url
    mira = someone()
    _sign_up(mira, base)
    _apply(mira)

    staff = someone()
    sign_in(staff, base, ADMINISTRATOR)
    selling.approve(staff, base)
    staffing.pay_without_hold(staff, base)

    selling.connect_bank(mira, base)
    selling.offer_shipping(mira, base)
    selling.set_up_product(mira, base)
    picture = tmp_path / "reed-vase.jpg"
    picture.write_bytes(photo(width=640, height=800, form="JPEG"))
    selling.write_page(mira, str(picture))

    moderator = someone()
    sign_in(moderator, base, MODERATOR)
    selling.moderate(moderator, base)

    guest = someone()
    buying.find(guest, base, words="reed", product="Reed vase")
    buying.choose(guest, option="Smoke")
    buying.add(guest, count=1)
    guest.goto(f"{base}/sellers/loom-line/wool-blanket/")
    buying.add(guest, count=2)
    buying.check_out(guest, sellers=SELLERS)
    number = buying.pay_at_last(guest)
    order = books.order_of(number)
    assert double.wait_for_webhooks()

    loom = someone()
    sign_in(loom, base, owner_of("loom"))
    selling.connect_bank(loom, base)
    selling.send(mira, base, number, carrier="USPS", number="9400 1000 0000 0000 0000 00")
    selling.send(loom, base, number, carrier="UPS", number="1Z999AA10123456784")
    guest.goto(_link("ada@example.com", "orders/track"))
    expect(guest.get_by_role("link", name="1Z999AA10123456784")).to_be_visible()
    guest.watch.look(guest)
    for seller in (mira, loom):
        selling.note_arrival(seller)

    selling.pay_out(staff, base)
    assert double.wait_for_webhooks()

    earned = {"Mira Glas": 5205, "Loom & Line": 11450}  # 48.50 and 120, less a tenth, and shipping
    books.expect_agreement(double, order, earned)
    assert "52.05" in selling.statement_of(mira, base)
    assert "114.50" in selling.statement_of(loom, base)
    assert books.broken_promises() == []

    for event in double.webhooks()["events"]:
        double.redeliver(event["id"])
    assert double.wait_for_webhooks()
    books.expect_agreement(double, order, earned)
    assert books.broken_promises() == []
    assert books.mails() == dict.fromkeys(_news(number), 1)


def _news(number: str) -> list[tuple[str, str]]:
    """Return who has to be told what, once."""
    ada, loom = "ada@example.com", owner_of("loom")
    moderated = 'The page "Reed vase" has been'
    return [
        (MIRA, "Confirm your email address"),
        (MIRA, "We received your application for Mira Glas"),
        (MIRA, "Welcome: Mira Glas is open"),
        (MODERATOR, f'{moderated} submitted for approval in moderation stage "{STAGE}"'),
        (SUPERUSER, f'{moderated} submitted for approval in moderation stage "{STAGE}"'),
        (SUPERUSER, f'{moderated} submitted to workflow "{MODERATION}"'),
        (MIRA, f'{moderated} approved in "{MODERATION}".'),
        (ada, f"Order {number} is confirmed"),
        (MIRA, f"New order {number}-1: 1 item to send"),
        *((f"loom{who}@stoa.example", f"New order {number}-2: 1 item to send")
          for who in ("", "-editor", "-packer")),
        *((ada, f"{seller} has sent your order {number}") for seller in SELLERS),
        *((ada, f"Your order {number} from {seller} has arrived") for seller in SELLERS),
        (MIRA, "Your payout of $52.05 is on its way"),
        (loom, "Your payout of $114.50 is on its way"),
    ]  # fmt: skip


def _sign_up(page: Page, base: str) -> None:
    page.goto(f"{base}/sell/")
    page.get_by_role("link", name="Create an account").click()
    buying.expect_page(page, "Open an account")
    page.get_by_label("First name").fill("Mira")
    page.get_by_label("Last name").fill("Glas")
    page.get_by_label("Email address").fill(MIRA)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.watch.look(page)
    page.get_by_role("button", name="Open the account").click()
    buying.expect_page(page, "Look into your mail")
    page.watch.look(page)
    page.goto(_link(MIRA, "confirm"))
    page.watch.look(page)
    page.get_by_role("button", name="Yes, confirm it").click()
    buying.expect_page(page, "Sell on Stoa")
    page.locator("main").get_by_role("link", name="Sign in").click()
    buying.expect_page(page, "Sign in")
    page.get_by_label("Email address").fill(MIRA)
    page.get_by_label("Password").fill(PASSWORD)
    page.watch.look(page)
    page.locator("main").get_by_role("button", name="Sign in").click()
    buying.expect_page(page, "Sell on Stoa")


def _apply(page: Page) -> None:
    page.get_by_label("Shop name").fill("Mira Glas")
    page.get_by_label("Registered name").fill("Mira Glas Studio LLC")
    page.get_by_label("What will you sell?").fill("Vases and jugs, blown by hand in Ohio.")
    page.watch.look(page)
    page.get_by_role("button", name="Send the application").click()
    buying.expect_page(page, "We have your application")
    page.watch.look(page)


def _link(address: str, word: str) -> str:
    """Return the first address with this word in the newest mail to somebody."""
    texts = [str(message.body) for message in mail.outbox if address in message.to]
    found = re.search(rf"http\S*{word}\S*", texts[-1])
    assert found, texts
    return found[0]
