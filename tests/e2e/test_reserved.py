"""Money that is reserved first: told, taken when the seller is ready, or asked for anew."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from commerce.ledger import queries as ledger
from devtools.stripe_double import StripeDouble

from . import books, buying
from .market import ADMINISTRATOR, owner_of
from .people import sign_in
from .steps import PAYS, expect_confirmed, fill_address, pay
from .test_money import People, people

__all__ = ["people"]


@pytest.fixture(autouse=True)
def on_shipping(settings: Any) -> None:
    settings.PAYMENT_ON_SHIPPING = True


def _buy(guest: Page, base: str) -> str:
    guest.goto(f"{base}/sellers/loom-line/wool-blanket/")
    buying.add(guest, count=1)
    guest.get_by_role("link", name="See your cart").click()
    guest.get_by_role("button", name="Go to checkout").click()
    fill_address(guest)
    guest.get_by_role("button", name="Go on to shipping").click()
    guest.get_by_role("button", name="Go on to review").click()
    expect(guest.get_by_text("You will be charged when it ships")).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_role("button", name="Order and pay").click()
    pay(guest, PAYS)
    return expect_confirmed(guest)


def _charged(double: StripeDouble) -> list[int]:
    return [each["amount_captured"] for each in double.state()["charges"] if each["captured"]]


def test_the_seller_is_ready_and_the_shopper_is_charged(
    market: None, live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    guest = people.come()
    number = _buy(guest, base)
    expect(guest.get_by_text("is only reserved for now")).to_be_visible()
    guest.watch.look(guest)
    assert _charged(double) == []

    loom = people.come()
    sign_in(loom, base, owner_of("loom"))
    loom.goto(f"{base}/admin/selling/orders/{number}-1/")
    expect(loom.get_by_role("heading", name="Not charged yet")).to_be_visible()
    loom.watch.look_at_screen(loom)
    loom.get_by_role("button", name="I can send this").click()
    expect(loom.get_by_role("heading", name="Ship a parcel")).to_be_visible()

    order = books.order_of(number)
    assert _charged(double) == [order.total.minor]
    staff = people.come()
    sign_in(staff, base, ADMINISTRATOR)
    staff.goto(f"{base}/admin/office/orders/{number}/")
    staff.watch.look_at_screen(staff)
    assert books.broken_promises() == []


def test_money_that_lapsed_is_paid_anew(
    market: None, live_server: Any, double: StripeDouble, people: People
) -> None:
    base = live_server.url
    guest = people.come()
    number = _buy(guest, base)
    double.hasten("expire_authorization")
    assert double.wait_for_webhooks()

    guest.reload()
    expect(guest.get_by_text("Your bank let the reserved money go")).to_be_visible()
    guest.watch.look(guest)
    loom = people.come()
    sign_in(loom, base, owner_of("loom"))
    loom.goto(f"{base}/admin/selling/orders/{number}-1/")
    loom.watch.look_at_screen(loom)
    assert ledger.balance(code="stripe", currency="USD") == 0
    guest.get_by_role("button", name="Pay what is to be sent").click()
    pay(guest, PAYS)
    expect_confirmed(guest)

    assert _charged(double) == [books.order_of(number).total.minor]
    assert books.broken_promises() == []
