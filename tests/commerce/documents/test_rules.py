"""Each rule about documents counts nothing after honest work, and sees what guards let slip."""

import pytest
from django.db import connection, transaction

from commerce.documents import operations
from commerce.invariants.document_rules import DOCUMENT_RULES
from tests.factories.documents import billed, cancel, paid_part
from tests.factories.fulfillment import shipped
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def counts() -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for rule in DOCUMENT_RULES:
            cursor.execute(rule.violations)
            found[rule.promise] = cursor.fetchone()[0]
    return found


def broken() -> list[str]:
    return [promise for promise, count in counts().items() if count]


@pytest.fixture
def papers() -> None:
    """Two invoices of one seller, one credited in part, and another's; with receipts."""
    seller = make_seller()
    part = paid_part(seller)
    cancel(part, {part.lines[0].id: 1}, key="before")
    billed(part)
    part = paid_part(seller)
    billed(part)
    operations.issue_credit_note(adjustment_id=cancel(part, {part.lines[0].id: 1}, key="after"))
    other = paid_part()
    shipped(other)
    billed(other)
    for each in (part, other):
        operations.issue_receipt(order_id=each.order_id)
    check_deferred_constraints()


def test_honest_work_breaks_no_rule(papers) -> None:
    assert broken() == []


INVOICE = "(SELECT min(id) FROM documents_document WHERE kind = 'invoice')"
BREAKS = {
    "Documents say what they said": [
        'UPDATE documents_document SET content = content || \'{"reason": "x"}\''
    ],
    "A document's lines": [
        "UPDATE documents_document SET content = jsonb_set(content, '{rows,0,net_minor}', '1')"
    ],
    "Invoice numbers of a seller": [
        "UPDATE documents_document SET serial = 7 WHERE id = :invoice",
    ],
    "What left the house": [
        "UPDATE outbox_event SET occurred_at = now() - interval '2 hours'",
        "DELETE FROM documents_document WHERE kind = 'receipt'",
    ],
    "Billed less credited": [
        "UPDATE documents_document SET total_minor = total_minor + 1 WHERE id = :invoice"
    ],
    "No document crosses": [
        "UPDATE documents_document SET corrects_id = NULL",
        "UPDATE documents_document SET seller_id = seller_id + 1000 WHERE id = :invoice",
    ],
}


@pytest.mark.parametrize("beginning", BREAKS)
def test_a_broken_rule_is_counted(papers, beginning: str) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "ALTER TABLE documents_document DROP CONSTRAINT document_has_what_its_kind_needs"
            )
            for statement in BREAKS[beginning]:
                cursor.execute(statement.replace(":invoice", INVOICE))
        found = broken()
        transaction.set_rollback(True)

    assert any(promise.startswith(beginning) for promise in found)


def test_an_invoice_that_is_missing_is_counted_an_hour_later(papers) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE outbox_event SET occurred_at = now() - interval '2 hours'")
        cursor.execute("DELETE FROM documents_document WHERE kind = 'invoice'")

    assert "What left the house was billed within an hour" in " ".join(broken())


def test_a_gap_and_a_double_are_counted_each(papers) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("ALTER TABLE documents_document DROP CONSTRAINT one_document_per_number")
        cursor.execute(
            "UPDATE documents_document SET serial = 1 WHERE kind = 'invoice' AND serial = 2"
        )

    # Number 2 is on no paper, and number 1 on two.
    promise = "Invoice numbers of a seller and year run from 1 without gap or double."
    assert counts()[promise] == 2


def test_no_rule_is_left_without_its_break() -> None:
    left = {
        rule.promise
        for rule in DOCUMENT_RULES
        if not any(rule.promise.startswith(beginning) for beginning in BREAKS)
    }
    assert left == set()
