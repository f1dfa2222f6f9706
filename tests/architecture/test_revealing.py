"""Whoever of a seller's people looks at what is a shopper's leaves an entry in the audit log."""

import pytest

from cms.selling.views import orders as screens
from commerce.audit.models import Entry
from commerce.orders import queries as orders
from tests.support.admin_doors import Doorway, doorways
from tests.support.admin_worlds import Seat, seat, shared

pytestmark = pytest.mark.django_db

# Papers and pictures, whose bytes do not tell what is on them.
FILES = {
    "selling:label_sheet", "selling:customs_sheet", "selling:document", "selling:request_picture",
}  # fmt: skip

# Show the address of the seller's store, which in these worlds is everybody's.
STORES = {"selling:pick_up", "selling:pick_up_edit"}


@pytest.fixture
def acme() -> Seat:
    return seat("Acme")


def own() -> list[Doorway]:
    return [
        doorway
        for doorway in doorways()
        if doorway.name.startswith("selling:") or doorway.name == "wagtailadmin_home"
    ]


def unwritten(acme: Seat) -> tuple[set[str], set[str]]:
    """Return the screens that show a shopper, and those of them that leave no entry."""
    part = orders.seller_order(seller_id=acme.shop.seller.pk, number=acme.ids["number"])
    assert part is not None
    marks = [part.ship_to["name"], "ada@example.com"]
    client = acme.shop.client()
    client.raise_request_exception = False
    world = {**shared(), **acme.ids}
    shown, silent = set(), set()
    for doorway in own():
        for _, address in doorway.addresses({"all": world}):
            before = Entry.objects.count()
            answer = client.get(address)
            if answer.status_code != 200 or doorway.name in STORES:
                continue
            body = b"".join(answer) if answer.streaming else answer.content
            tells = any(mark.encode() in body for mark in marks) or doorway.name in FILES
            if tells:
                shown.add(doorway.name)
            if tells and Entry.objects.count() == before:
                silent.add(doorway.name)
    return shown, silent


def test_every_screen_that_shows_a_shopper_is_written_down(acme: Seat) -> None:
    shown, silent = unwritten(acme)

    assert silent == set()
    assert {"selling:orders", "selling:order", "selling:packing_slip", "selling:document"} <= shown


def test_a_screen_that_forgets_is_found(acme: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens.PackingSlip, "reveals", "")

    assert unwritten(acme)[1] == {"selling:packing_slip"}


def test_a_list_leaves_one_entry(acme: Seat) -> None:
    client = acme.shop.client("packer")

    client.get("/admin/selling/orders/")

    [entry] = Entry.objects.filter(action="orders.listed")
    assert entry.subject == f"seller:{acme.shop.seller.pk}"
    assert entry.actor == f"user:{acme.shop.people['packer'].pk}"
