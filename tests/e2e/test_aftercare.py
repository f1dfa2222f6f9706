"""What shoppers do after they ordered, and sellers and staff with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from commerce.invariants import queries as invariants
from commerce.inventory import operations as inventory
from commerce.orders.types import OrderData
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.returns import queries as returns
from commerce.sellers.models import Member, Seller
from tests.factories.fulfillment import delivered
from tests.factories.pages import photo
from tests.factories.sales import Sold, sell

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
def shops() -> list[Seller]:
    return list(Seller.objects.order_by("pk")[:2])


@pytest.fixture
def order(shops: list[Seller]) -> OrderData:
    """Mugs and bowls of one shop, mats of another, ordered a moment ago."""
    made = sell(
        Sold(seller=shops[0], quantity=2, titles=["Tall mug", "Wide bowl"]),
        Sold(seller=shops[1], titles=["Yoga mat"]),
    )
    for part in made.seller_orders:
        place = inventory.ensure_location(seller_id=part.seller_id, name="Main", country="US")
        for line in part.lines:
            inventory.set_on_hand(
                variant_id=line.variant_id, location_id=place, on_hand=5, cause="begin"
            )
            price = PriceInput(variant_id=line.variant_id, currency="USD", amount_minor=2500)
            pricing.set_prices(prices=[price])
    return made


def arrive(order: OrderData) -> None:
    for part in order.seller_orders:
        delivered(part)


def seller(people: People, base: str, shop: Seller) -> Page:
    page = people.come()
    owner = Member.objects.select_related("user").get(seller=shop, role="owner")
    sign_in(page, base, owner.user.email)
    return page


def follow(people: People, base: str, order: OrderData) -> Page:
    guest = people.come()
    guest.goto(f"{base}/orders/track/{order.token}/")
    return guest


def case_numbers(order: OrderData) -> list[str]:
    return [case.number for case in returns.cases_of_order(order_id=order.id)]


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def do(page: Page, name: str) -> None:
    """Press what a request waits for, and wait until it was done: the button is gone then."""
    click(page, name)
    expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_text("Done. The shopper was told.")).to_be_visible()


def test_one_line_is_canceled_in_the_first_hour(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    guest = follow(people, live_server.url, order)
    guest.watch.look(guest)
    guest.get_by_role("link", name="Cancel items").click()
    expect(guest.get_by_text("canceled and refunded at once")).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_label("How many of Tall mug").fill("2")
    click(guest, "Cancel these items")

    expect(guest.get_by_text("Canceled and refunded", exact=True)).to_be_visible()
    expect(guest.get_by_text("$54.37 goes back to the way you paid.")).to_be_visible()
    guest.watch.look(guest)
    assert invariants.broken() == []


def test_two_items_of_two_sellers_go_back_and_one_is_refused(
    live_server: Any,
    double: Any,
    people: People,
    order: OrderData,
    shops: list[Seller],
    tmp_path: Path,
) -> None:
    base = live_server.url
    arrive(order)
    guest = follow(people, base, order)
    guest.get_by_role("link", name="Send items back or exchange them").click()
    guest.get_by_label("How many of Tall mug").fill("1")
    guest.get_by_label("How many of Yoga mat").fill("1")
    guest.get_by_label("Why?").select_option(label="It does not work")
    guest.get_by_label("Tell more").fill("It leaks.")
    picture = tmp_path / "leak.jpg"
    picture.write_bytes(photo(width=320, height=240, form="JPEG"))
    guest.get_by_label("Pictures").set_input_files(str(picture))
    guest.watch.look(guest)
    click(guest, "Ask to send back")
    expect(guest.get_by_text("Waiting for the seller")).to_have_count(2)
    guest.watch.look(guest)
    first, second = case_numbers(order)

    maker = seller(people, base, shops[0])
    maker.goto(f"{base}/admin/selling/requests/")
    maker.watch.look_at_screen(maker)
    maker.get_by_role("link", name=first).click()
    expect(maker.get_by_text("It leaks.").first).to_be_visible()
    maker.watch.look_at_screen(maker)
    maker.get_by_label("Where to send it back").fill("Hall 4, Reno")
    do(maker, "Approve the return")

    refuser = seller(people, base, shops[1])
    refuser.goto(f"{base}/admin/selling/requests/{second}/")
    refuser.get_by_label("What the shopper is told").fill("It was used for a month.")
    do(refuser, "Refuse")

    guest.goto(f"{base}/orders/track/{order.token}/requests/{second}/")
    expect(guest.get_by_text("It was used for a month.").first).to_be_visible()
    guest.watch.look(guest)
    guest.goto(f"{base}/orders/track/{order.token}/requests/{first}/")
    expect(guest.get_by_text("Hall 4, Reno")).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_label("Tracking number").fill("1Z 999")
    click(guest, "I have sent it")
    expect(guest.get_by_text("On its way back").first).to_be_visible()

    maker.reload()
    do(maker, "It is here")
    expect(maker.get_by_role("heading", name="Look at it and decide")).to_be_visible()
    maker.watch.look_at_screen(maker)
    do(maker, "Accept and refund")
    guest.reload()
    expect(guest.get_by_text("$27.19 goes back to the way you paid.")).to_be_visible()
    assert invariants.broken() == []


def test_an_item_is_exchanged(
    live_server: Any, double: Any, people: People, order: OrderData, shops: list[Seller]
) -> None:
    base = live_server.url
    arrive(order)
    guest = follow(people, base, order)
    guest.get_by_role("link", name="Send items back or exchange them").click()
    guest.get_by_label("How many of Wide bowl").fill("1")
    guest.get_by_label("Why?").select_option(label="I got something else")
    guest.get_by_label("What would you like?").select_option(
        label="The same again, or another variant"
    )
    click(guest, "Ask to send back")
    expect(guest.get_by_text("Waiting for the seller")).to_be_visible()
    [number] = case_numbers(order)

    maker = seller(people, base, shops[0])
    maker.goto(f"{base}/admin/selling/requests/{number}/")
    for button in ("Approve the return", "It is here", "Accept and exchange"):
        do(maker, button)
    maker.get_by_label("Tracking number").fill("1Z 111")
    maker.watch.look_at_screen(maker)
    do(maker, "It is on its way")

    guest.reload()
    expect(guest.get_by_text("Replacement sent").first).to_be_visible()
    expect(guest.get_by_text("1Z 111").first).to_be_visible()
    guest.watch.look(guest)
    assert invariants.broken() == []


def test_a_guest_withdraws_from_the_contract(
    live_server: Any, double: Any, people: People, order: OrderData
) -> None:
    arrive(order)
    guest = follow(people, live_server.url, order)
    guest.get_by_role("link", name="Withdraw from the contract").click()
    expect(guest.get_by_label("How many of Yoga mat")).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_label("How many of Yoga mat").fill("2")
    click(guest, "Continue")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Confirm your withdrawal")
    guest.watch.look(guest)
    click(guest, "Confirm withdrawal")

    expect(guest.get_by_role("heading", level=1)).to_have_text("Your withdrawal is received")
    expect(guest.get_by_text("2 × Yoga mat")).to_be_visible()
    guest.watch.look(guest)
    guest.get_by_role("link", name="See what happens next").click()
    expect(guest.get_by_text("Send it back")).to_be_visible()
    receipts = [one for one in mail.outbox if "Receipt of your withdrawal" in one.subject]
    assert len(receipts) == 1
    assert "2 × Yoga mat" in receipts[0].body
