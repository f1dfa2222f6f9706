"""Money that takes a detour: a promotion, a gift card, and what a bank takes back."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from commerce.ledger import queries as ledger
from commerce.payments.models import Payment
from commerce.sellers import queries as sellers
from devtools.stripe_double import StripeDouble

from . import books, buying, selling, staffing
from .conftest import PATIENCE
from .market import ADMINISTRATOR, owner_of
from .people import sign_in
from .steps import PAYS, expect_confirmed, fill_address, pay
from .watching import DESK, Watch

LOOM = "Loom & Line"


class People:
    """Everybody of a journey, each in a browser of their own."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._opened: list[Any] = []
        self.watches: list[Watch] = []

    def come(self) -> Page:
        context = self._browser.new_context(
            viewport={"width": DESK, "height": 900}, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.watch = Watch(context)
        self._opened.append(context)
        self.watches.append(page.watch)
        return page

    def leave(self) -> None:
        for context in self._opened:
            context.close()


@pytest.fixture
def people(browser: Browser) -> Iterator[People]:
    people = People(browser)
    yield people
    people.leave()
    assert [fault for watch in people.watches for fault in watch.faults] == []


def _staff(people: People, base: str) -> Page:
    staff = people.come()
    sign_in(staff, base, ADMINISTRATOR)
    return staff


def _to_review(page: Page, base: str) -> None:
    page.goto(f"{base}/sellers/loom-line/wool-blanket/")
    buying.add(page, count=1)
    page.get_by_role("link", name="See your cart").click()


def _go_on(page: Page) -> None:
    page.get_by_role("button", name="Go to checkout").click()
    fill_address(page)
    page.get_by_role("button", name="Go on to shipping").click()
    page.get_by_role("button", name="Go on to review").click()
    buying.expect_page(page, "Everything right?")


def _owed(name: str) -> int:
    seller = next(each for each in sellers.all_sellers() if each.name == name)
    return -ledger.balance(code=f"payable:{seller.id}", currency="USD")


def test_a_promotion_and_a_gift_card_pay_a_part(
    market: None, live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    staff = _staff(people, base)
    staffing.promise(staff, base, label="Autumn thanks", percent="10", code="THANKS10")
    code = staffing.give_gift_card(staff, base, amount="50.00", email="ada@example.com")

    guest = people.come()
    _to_review(guest, base)
    guest.get_by_label("Promotion code").fill("NOSUCH")
    guest.get_by_role("button", name="Use code").click()
    expect(guest.get_by_text("There is no code NOSUCH.").first).to_be_visible()
    expect(guest.get_by_label("Promotion code")).to_have_value("NOSUCH")
    guest.watch.look(guest)
    guest.get_by_label("Promotion code").fill("thanks10")
    guest.get_by_role("button", name="Use code").click()
    expect(guest.get_by_text("Autumn thanks").first).to_be_visible()
    guest.watch.look(guest)
    _go_on(guest)
    guest.get_by_label("Gift card code").fill("WRONG-CODE")
    guest.get_by_role("button", name="Use gift card").click()
    expect(guest.get_by_text("We know no gift card with this code").first).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_label("Gift card code").fill(code)
    guest.get_by_role("button", name="Use gift card").click()
    expect(guest.get_by_text("−$50.00").first).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_role("button", name="Order and pay").click()
    pay(guest, PAYS)
    order = books.order_of(expect_confirmed(guest))
    guest.watch.look(guest)

    assert (order.discount.minor, order.credit.minor) == (1200, 5000)
    (charge,) = double.state()["charges"]
    assert charge["amount"] == order.due.minor == order.total.minor - 5000
    assert _owed(LOOM) == 12000 - 1200 + 650  # the marketplace bears its own promotion
    assert ledger.balance(code="promotions", currency="USD") == 1200
    assert ledger.balance(code="giftcards", currency="USD") == 0
    assert books.broken_promises() == []


def test_a_lost_dispute_is_recovered_from_the_next_sale(
    market: None, live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    staff = _staff(people, base)
    staffing.pay_without_hold(staff, base)
    loom = people.come()
    sign_in(loom, base, owner_of("loom"))
    selling.connect_bank(loom, base)

    first = _buy(people, base)
    _deliver(loom, base, first)
    staffing.pay_out_one(staff, base)
    assert double.wait_for_webhooks()
    assert _owed(LOOM) == 0

    payment = Payment.objects.get(order_token=books.order_of(first).token, state="captured")
    dispute = double.open_dispute(str(payment.provider_charge))["id"]
    assert double.wait_for_webhooks()
    staff.goto(f"{base}/admin/office/disputes/")
    staff.watch.look_at_screen(staff)
    double.close_dispute(dispute, "lost")
    assert double.wait_for_webhooks()
    debt = 12000 - 1200 + 650 + 1500
    assert _owed(LOOM) == -debt
    loom.goto(f"{base}/admin/selling/earnings/")
    expect(loom.get_by_text("Still to be deducted")).to_be_visible()
    loom.watch.look_at_screen(loom)
    assert books.broken_promises() == []

    for _ in range(2):
        _deliver(loom, base, _buy(people, base))
    staffing.pay_out_one(staff, base)
    assert double.wait_for_webhooks()
    assert _owed(LOOM) == 0
    assert sorted(one["amount"] for one in double.state()["payouts"]) == [
        2 * 11450 - debt, 11450,
    ]  # fmt: skip
    loom.goto(f"{base}/admin/selling/earnings/year/")
    loom.watch.look_at_screen(loom)
    assert "dispute" in selling.statement_of(loom, base)
    assert books.broken_promises() == []


def _buy(people: People, base: str) -> str:
    guest = people.come()
    _to_review(guest, base)
    _go_on(guest)
    guest.get_by_role("button", name="Order and pay").click()
    pay(guest, PAYS)
    return expect_confirmed(guest)


def _deliver(seller: Page, base: str, number: str) -> None:
    selling.send(seller, base, number, carrier="USPS", number="9400 1000 0000 0000 0000 00")
    selling.note_arrival(seller)
