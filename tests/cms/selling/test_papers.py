"""A seller's invoices: its own, on its screens, with its own words on them."""

import pytest

from commerce.audit import queries as audit
from commerce.documents import queries
from commerce.documents.models import Document, Letterhead
from tests.factories.documents import billed
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

TOLD = {
    "line1": "Hafenstraße 12",
    "city": "Hamburg",
    "postal_code": "20457",
    "country": "DE",
    "vat_id": "de 123 456 789",
}


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def other():
    return open_shop("Borealis")


def a_sale(shop):
    return sell(Sold(seller=shop.seller)).seller_orders[0]


def test_the_list_shows_own_papers_only(shop, other):
    own, foreign = billed(a_sale(shop)), billed(a_sale(other))

    page = shop.client().get("/admin/selling/documents/").content.decode()

    assert own.number in page
    assert foreign.number not in page


def test_a_paper_is_handed_out_to_its_own_seller(shop, other):
    number = billed(a_sale(shop)).number
    address = f"/admin/selling/documents/{number}.pdf"

    answer = shop.client().get(address)

    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "no-store"
    assert other.client().get(address).status_code == 404


def test_an_invoice_can_be_issued_before_the_goods_leave(shop):
    part = a_sale(shop)
    client = shop.client("packer")
    assert "Issue it now" in client.get(f"/admin/selling/orders/{part.number}/").content.decode()

    client.post(f"/admin/selling/orders/{part.number}/invoice/")

    number = Document.objects.get().number
    page = client.get(f"/admin/selling/orders/{part.number}/").content.decode()
    assert number in page
    assert "Issue it now" not in page


def test_what_a_seller_s_people_do_is_written_down_and_what_was_refused_is_not(shop):
    part = a_sale(shop)
    client = shop.client("packer")

    client.post(f"/admin/selling/orders/{part.number}/", {"carrier_code": "pigeon"})
    client.post(f"/admin/selling/orders/{part.number}/invoice/")

    (entry,) = audit.latest()
    assert entry.action == "seller.invoice_issue"
    assert entry.subject == f"seller:{shop.seller.pk} {part.number}"
    assert entry.actor == f"user:{shop.people['packer'].pk}"


def test_nobody_issues_another_sellers_invoice(shop, other):
    part = a_sale(other)

    answer = shop.client().post(f"/admin/selling/orders/{part.number}/invoice/")

    assert answer.status_code == 404
    assert not Document.objects.exists()


def test_the_owner_tells_what_invoices_say(shop):
    answer = shop.client().post("/admin/selling/documents/letterhead/", TOLD)

    assert answer.status_code == 302
    told = queries.letterhead(seller_id=shop.seller.pk)
    assert told is not None
    assert (told.line1, told.vat_id) == ("Hafenstraße 12", "DE123456789")


@pytest.mark.parametrize("role", ["editor", "packer"])
def test_only_the_owner_may_tell(shop, role):
    answer = shop.client(role).post("/admin/selling/documents/letterhead/", TOLD)

    assert answer.status_code == 404
    assert not Letterhead.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("vat_id", "12345", "begins with two letters"),
        ("country", "XX", "Select a valid choice"),
        ("postal_code", "nonsense", "postal"),
        ("line1", "", "required"),
        ("line1", "x" * 999, "at most 120"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(shop, field, value, words):
    answer = shop.client().post("/admin/selling/documents/letterhead/", {**TOLD, field: value})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words.lower() in page.lower()
    assert "Hamburg" in page
    assert not Letterhead.objects.exists()


def test_the_list_asks_as_little_for_three_as_for_one(shop):
    client = shop.client()
    billed(a_sale(shop))
    client.get("/admin/selling/documents/")
    with counted() as one:
        client.get("/admin/selling/documents/")
    for _ in range(2):
        billed(a_sale(shop))
    with counted() as three:
        client.get("/admin/selling/documents/")

    assert len(three) == len(one)
