"""Papers are issued once, numbered without a gap, and stay as they were issued."""

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.documents import operations, queries
from commerce.documents.models import Counter, Document
from commerce.documents.types import LetterheadData
from commerce.kernel.money import Money
from commerce.orders import operations as orders
from commerce.orders.operations import Terms
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from tests.factories.documents import HAMBURG, billed, cancel, make_registered_seller, paid_part
from tests.factories.fulfillment import delivered, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db
HAMBURG_STORE = {
    "name": "Store", "line1": "Hafenstraße 12", "city": "Hamburg", "postal_code": "20457",
    "country": "DE",
}  # fmt: skip


def hear(subscriber: str) -> None:
    """Let the module hear what waits for it."""
    for pk in Delivery.objects.filter(
        subscriber=f"commerce.documents.subscribers.{subscriber}", delivered_at=None
    ).values_list("pk", flat=True):
        deliver(delivery_id=pk)


def kinds(part) -> list[str]:
    return [each.kind for each in queries.of_orders(order_ids=[part.order_id])[part.order_id]]


def test_a_paid_order_has_its_receipt_at_once() -> None:
    part = paid_part()

    hear("receipt")

    (receipt,) = queries.of_orders(order_ids=[part.order_id])[part.order_id]
    assert receipt.kind == "receipt"
    assert receipt.number == part.order_number.replace("ORD", "RCT")
    assert receipt.total == part.total


def test_an_invoice_is_issued_when_the_goods_leave() -> None:
    part = paid_part()
    shipped(part)

    hear("invoice")

    (invoice,) = queries.of_orders(order_ids=[part.order_id])[part.order_id]
    assert invoice.kind == "invoice"
    assert invoice.total == part.total
    assert invoice.tax == part.tax


def test_what_is_picked_up_was_handed_over_in_the_store() -> None:
    store = {"address": HAMBURG_STORE, "opening_hours": "9-18"}
    method = {"name": "Pick-up", "carrier": "", "kind": "pickup", "pick_up": store}
    part = paid_part(method=method)

    parties = Document.objects.get(pk=billed(part).pk).parties

    assert parties["ship_to"]["city"] == "Hamburg"
    assert parties["buyer"]["city"] == part.ship_to["city"]


def test_a_delivery_without_an_invoice_brings_one_and_no_second() -> None:
    part = paid_part()
    delivered(part)

    hear("invoice_if_none")
    hear("invoice")

    assert kinds(part) == ["invoice"]


def test_each_seller_counts_its_invoices_from_one_and_by_year() -> None:
    first, second = make_seller(), make_seller()
    numbers = [billed(paid_part(seller)).number for seller in (first, first, second)]

    year = Document.objects.values_list("year", flat=True)[0]
    assert numbers == [
        f"INV-{first.pk}-{year}-00001",
        f"INV-{first.pk}-{year}-00002",
        f"INV-{second.pk}-{year}-00001",
    ]


def test_an_invoice_asked_for_again_is_the_same_and_takes_no_number() -> None:
    part = paid_part()

    assert billed(part).pk == billed(part).pk
    assert Counter.objects.get().last == 1


def test_an_invoice_bills_what_a_cancellation_left() -> None:
    part = paid_part(titles=["Mug", "Bowl"])
    mug, bowl = part.lines
    cancel(part, {mug.id: 2, bowl.id: 1})

    invoice = billed(part)

    assert [row["title"] for row in invoice.content["rows"]] == ["Bowl", "Shipping"]
    assert invoice.content["rows"][0]["quantity"] == 1
    assert invoice.total_minor == 2500 + 218 + 700 + 61  # of 437 tax the unit that left had 219


def test_a_cancellation_before_the_invoice_needs_no_credit_note() -> None:
    part = paid_part()
    adjustment = cancel(part, {part.lines[0].id: 1})

    assert operations.issue_credit_note(adjustment_id=adjustment) is None
    billed(part)
    assert operations.issue_credit_note(adjustment_id=adjustment) is None
    assert kinds(part) == ["invoice"]


def test_what_is_given_back_after_the_invoice_is_credited_once() -> None:
    part = paid_part()
    invoice = billed(part)
    cancel(part, {part.lines[0].id: 1})

    hear("credit_note")
    hear("credit_note")

    note = Document.objects.get(kind="credit_note")
    assert note.corrects_id == invoice.pk
    assert note.number == invoice.number.replace("INV", "CN")
    assert note.total_minor == 2500 + 219
    assert note.content["corrects"]["number"] == invoice.number


def test_all_of_a_part_given_back_credits_the_whole_invoice() -> None:
    part = paid_part(titles=["Mug", "Bowl"], quantity=3)
    invoice = billed(part)
    mug, bowl = part.lines
    for key, units in (("a", {mug.id: 1}), ("b", {mug.id: 2, bowl.id: 3})):
        operations.issue_credit_note(adjustment_id=cancel(part, units, key=key))

    credited = Document.objects.filter(kind="credit_note").values_list("total_minor", flat=True)
    assert len(credited) == 2
    assert sum(credited) == invoice.total_minor


def test_goodwill_lessens_no_price_and_has_no_credit_note() -> None:
    part = paid_part()
    billed(part)
    given = orders.give_goodwill(
        seller_order_id=part.id,
        terms=Terms(kind="goodwill", business_key="g", goodwill_minor=500),
    )

    assert operations.issue_credit_note(adjustment_id=given.id) is None


def test_a_canceled_part_is_not_billed() -> None:
    part = paid_part()
    cancel(part, {part.lines[0].id: 2})

    with pytest.raises(operations.NotBillable, match="it was canceled"):
        billed(part)


def test_an_invoice_keeps_what_the_seller_was_called_when_it_was_issued() -> None:
    seller = make_registered_seller()
    invoice = billed(paid_part(seller))
    operations.save_letterhead(
        seller_id=seller.pk,
        letterhead=LetterheadData(
            line1="Elsewhere 1", city="Berlin", postal_code="10115", country="DE"
        ),
    )

    invoice.refresh_from_db()
    assert invoice.content["issuer"]["line1"] == HAMBURG.line1
    assert invoice.content["issuer"]["vat_id"] == "DE123456789"


def test_another_sellers_document_does_not_exist() -> None:
    mine, other = make_seller(), make_seller()
    order = sell(Sold(seller=mine), Sold(seller=other))
    number = billed(order.seller_orders[0]).number

    assert queries.of_seller(seller_id=other.pk, number=number) is None
    assert queries.of_seller(seller_id=mine.pk, number=number) is not None


def test_a_letterhead_that_cannot_be_says_what_is_wrong_with_each_field() -> None:
    with pytest.raises(operations.InvalidLetterhead) as refused:
        operations.save_letterhead(
            seller_id=make_seller().pk,
            letterhead=LetterheadData(line1="", city="Hamburg", country="DE", vat_id="nonsense!"),
        )

    assert {"line1", "postal_code", "vat_id"} <= set(refused.value.errors)


# What the database refuses, whoever asks.


def refused(statement: str, *params: object) -> str:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, params)
            check_deferred_constraints()
    except DatabaseError as error:
        return str(error)
    return "it was done"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_document SET total_minor = total_minor + 1",
        "UPDATE documents_document SET content = '{}'",
        "UPDATE documents_document SET number = 'INV-1'",
        "UPDATE documents_document SET parties = NULL",
        "DELETE FROM documents_document",
        "TRUNCATE documents_document CASCADE",
        "DELETE FROM documents_counter",
    ],
)
def test_what_was_issued_stays_as_it_is(statement: str) -> None:
    billed(paid_part())
    check_deferred_constraints()
    assert "stays as it is" in refused(statement)


def test_a_number_cannot_be_skipped_or_given_out_for_nothing() -> None:
    billed(paid_part())
    one_after = "one after the other"
    assert one_after in refused("UPDATE documents_counter SET last = last + 2")
    assert one_after in refused("UPDATE documents_counter SET last = last - 1")
    assert "for nothing" in refused("UPDATE documents_counter SET last = last + 1")


COPY = """
INSERT INTO documents_document (kind, business_key, number, seller_id, year, serial, order_id,
    seller_order_id, currency, total_minor, tax_minor, content, digest, parties, parties_digest,
    issued_at)
SELECT kind, 'other', 'INV-other', {seller}, year, {serial}, order_id, seller_order_id, currency,
    total_minor, tax_minor, content, '', parties, '', issued_at FROM documents_document
"""


def test_a_document_cannot_bear_a_number_that_was_never_given_out() -> None:
    billed(paid_part())
    statement = COPY.format(seller="seller_id", serial="serial + 1")
    assert "was never given out" in refused(statement)


def test_two_documents_cannot_bear_one_number() -> None:
    billed(paid_part())
    statement = COPY.format(seller="seller_id", serial="serial")
    assert "one_document_per_number" in refused(statement)


def test_a_document_cannot_be_put_on_another_seller() -> None:
    billed(paid_part())
    other = make_seller()
    assert "another seller" in refused(COPY.format(seller=other.pk, serial="serial"))


def test_after_seven_full_years_the_buyer_is_forgotten_and_the_amounts_stay() -> None:
    invoice = billed(paid_part())
    pdf = operations.pdf_of(document_id=invoice.pk)
    assert b"%PDF" in pdf[:8]
    assert operations.forget_buyers() == 0
    check_deferred_constraints()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE documents_document SET year = year - 8")
        cursor.execute("UPDATE documents_counter SET year = year - 8")
        cursor.execute("SET LOCAL session_replication_role = origin")

    assert operations.forget_buyers() == 1

    invoice.refresh_from_db()
    assert invoice.parties is None
    assert queries.unrendered(limit=9) == []
    shown = queries.sheet(document_id=invoice.pk)
    assert "Removed after" in shown["addresses"][0]["lines"][0]
    assert Money(invoice.total_minor, "USD") == Money(6198, "USD")


def test_a_business_keeps_its_vat_number_when_its_order_goes_elsewhere() -> None:
    part = paid_part()
    check_deferred_constraints()
    with transaction.atomic():
        orders.readdress(
            order_id=part.order_id, ship_to={**part.ship_to, "vat_id": "FR40303265045"}
        )
        orders.readdress(order_id=part.order_id, ship_to={**part.ship_to, "line1": "Elsewhere 1"})

    buyer = billed(part).parties["buyer"]
    assert (buyer["vat_id"], buyer["line1"]) == ("FR40303265045", "Elsewhere 1")
