"""Papers, finding orders and ordering again, in a browser: every screen of them looked at."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from commerce.documents import operations as documents
from commerce.invariants import queries as invariants
from commerce.inventory import operations as inventory
from commerce.orders.types import OrderData
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.sellers.models import Member, Seller
from tests.factories.documents import billed, cancel
from tests.factories.sales import Sold, sell

from .market import ADMINISTRATOR
from .people import sign_in
from .test_money import People

pytestmark = pytest.mark.usefixtures("market")


@pytest.fixture
def people(browser: Browser) -> Iterator[People]:
    people = People(browser)
    yield people
    people.leave()
    assert [fault for watch in people.watches for fault in watch.faults] == []


@pytest.fixture
def order() -> OrderData:
    """Mugs and bowls of one shop, mats of another; billed, and one mug given back."""
    shops = list(Seller.objects.order_by("pk")[:2])
    made = sell(
        Sold(seller=shops[0], titles=["Tall mug", "Wide bowl"]),
        Sold(seller=shops[1], titles=["Yoga mat"]),
    )
    documents.issue_receipt(order_id=made.id)
    for part in made.seller_orders:
        billed(part)
    first = made.seller_orders[0]
    adjustment = cancel(first, {first.lines[0].id: 1})
    documents.issue_credit_note(adjustment_id=adjustment)
    mug = first.lines[0].variant_id
    place = inventory.ensure_location(seller_id=first.seller_id, name="Main", country="US")
    inventory.set_on_hand(variant_id=mug, location_id=place, on_hand=5, cause="begin")
    pricing.set_prices(prices=[PriceInput(variant_id=mug, currency="USD", amount_minor=2700)])
    return made


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).first.click()
    return download.value.path().read_bytes()


def test_a_guest_reads_the_receipt_and_takes_every_paper(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    guest = people.come()
    guest.goto(f"{live_server.url}/orders/track/{order.token}/")
    expect(guest.get_by_role("heading", name="Documents")).to_be_visible()
    guest.watch.look(guest)
    assert downloaded(guest, "Credit note CN-").startswith(b"%PDF")
    assert downloaded(guest, "Invoice INV-").startswith(b"%PDF")

    guest.get_by_role("link", name="Receipt", exact=True).click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Receipt")
    guest.watch.look(guest)
    assert downloaded(guest, "Download as PDF").startswith(b"%PDF")
    assert invariants.broken() == []


def test_what_cannot_be_ordered_again_is_said(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    guest = people.come()
    guest.goto(f"{live_server.url}/orders/track/{order.token}/")
    guest.get_by_role("link", name="Order again").click()
    expect(guest.get_by_role("heading", level=1)).to_have_text("Order again")
    expect(guest.get_by_text("It is no longer sold here.").first).to_be_visible()
    guest.watch.look(guest)


def test_a_seller_tells_what_invoices_say_and_takes_them_along(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    base = live_server.url
    seller = people.come()
    owner = Member.objects.get(seller_id=order.seller_orders[0].seller_id, role="owner")
    sign_in(seller, base, owner.user.email)
    seller.goto(f"{base}/admin/selling/documents/")
    expect(seller.get_by_text("CN-").first).to_be_visible()
    seller.watch.look_at_screen(seller)

    seller.goto(f"{base}/admin/selling/documents/letterhead/")
    seller.watch.look_at_screen(seller)
    seller.get_by_label("Street and number").fill("Hall 4")
    seller.get_by_label("Town").fill("Reno")
    seller.get_by_label("State or region").fill("NV")
    seller.get_by_label("Postal code").fill("89501")
    seller.get_by_label("VAT ID").fill("12")
    seller.get_by_role("button", name="Save").click()
    expect(seller.get_by_text("begins with two letters")).to_be_visible()
    seller.watch.look_at_screen(seller)

    seller.goto(f"{base}/admin/selling/orders/?q=mug")
    book = load_workbook(io.BytesIO(downloaded(seller, "Export XLSX")))
    titles = [row[14] for row in book.active.iter_rows(values_only=True)]
    assert titles == ["Title", "Tall mug", "Wide bowl"]


def test_staff_find_an_order_and_stand_in_the_log_for_it(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    base = live_server.url
    staff = people.come()
    sign_in(staff, base, ADMINISTRATOR)
    staff.goto(f"{base}/admin/office/orders/?q={order.email}")
    staff.watch.look_at_screen(staff)
    staff.get_by_role("link", name=order.number).first.click()
    expect(staff.get_by_role("heading", name="Documents")).to_be_visible()

    staff.goto(f"{base}/admin/office/audit/")
    expect(staff.get_by_role("cell", name="order.viewed").first).to_be_visible()
    staff.watch.look_at_screen(staff)
