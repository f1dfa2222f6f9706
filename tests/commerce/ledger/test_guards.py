"""The database keeps the ledger's promises without the application's help."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from commerce.ledger import operations
from commerce.ledger.models import Account, Entry, Journal

pytestmark = pytest.mark.django_db(transaction=True)


def write(amounts: list[tuple[str, str, int]], *, key: str = "test:1") -> Journal:
    """Write a journal past the operation, as raw SQL or a shortcut would."""
    with transaction.atomic():
        journal = Journal.objects.create(business_key=key, kind="test")
        Entry.objects.bulk_create(
            Entry(
                journal=journal,
                account=Account.objects.get_or_create(code=code, currency=currency)[0],
                amount_minor=amount,
            )
            for code, currency, amount in amounts
        )
    return journal


def test_a_balanced_journal_is_kept() -> None:
    write([("cash", "USD", 100), ("tax", "USD", -100)])

    assert Entry.objects.count() == 2


@pytest.mark.parametrize(
    ("amounts", "problem"),
    [
        ([("cash", "USD", 100), ("tax", "USD", -99)], "does not balance"),
        ([("cash", "USD", 100), ("tax", "EUR", -100)], "does not balance"),
        ([("cash", "USD", 100)], "does not balance"),
        ([], "has 0 entries"),
    ],
    ids=["off by one", "balanced only across currencies", "one entry", "empty"],
)
def test_a_journal_that_does_not_balance_cannot_be_committed(
    amounts: list[tuple[str, str, int]], problem: str
) -> None:
    with pytest.raises(IntegrityError, match=problem):
        write(amounts)

    assert Journal.objects.count() == 0


def test_a_check_that_was_asked_for_early_lets_nothing_be_added() -> None:
    write([("tax", "USD", 1), ("cash", "USD", -1)], key="test:0")

    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():  # noqa: PT012
        journal = write([("cash", "USD", 100), ("tax", "USD", -100)])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        account = Account.objects.get(code="cash")
        Entry.objects.create(journal=journal, account=account, amount_minor=1)

    assert Entry.objects.count() == 2


def test_a_committed_journal_takes_no_more_entries() -> None:
    journal = write([("cash", "USD", 100), ("tax", "USD", -100)])
    account = Account.objects.get(code="cash")

    with pytest.raises(IntegrityError, match="is sealed"):
        Entry.objects.create(journal=journal, account=account, amount_minor=1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = 1",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_journal SET kind = 'other'",
        "DELETE FROM ledger_journal",
        "TRUNCATE ledger_entry",
        "TRUNCATE ledger_journal CASCADE",
        "UPDATE ledger_account SET currency = 'EUR'",
        "UPDATE ledger_account SET code = 'mine'",
    ],
)
def test_history_cannot_be_rewritten(statement: str) -> None:
    write([("cash", "USD", 100), ("tax", "USD", -100)])

    with (
        pytest.raises(DatabaseError, match=r"append-only|is fixed"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert Entry.objects.count() == 2


def test_the_same_fact_cannot_be_written_twice() -> None:
    write([("cash", "USD", 100), ("tax", "USD", -100)], key="capture:1")

    with pytest.raises(IntegrityError):
        write([("cash", "USD", 100), ("tax", "USD", -100)], key="capture:1")


def test_without_the_guard_an_empty_journal_would_be_committed() -> None:
    """Control: it is the trigger that refuses, not something else."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_journal DISABLE TRIGGER journal_balances")
    try:
        write([])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_journal ENABLE TRIGGER journal_balances")

    assert Journal.objects.count() == 1


def test_posting_goes_through_the_same_guards() -> None:
    operations.post(
        business_key="capture:2", kind="capture", entries={"cash": 5, "tax": -5}, currency="USD"
    )

    assert Entry.objects.filter(journal__business_key="capture:2").count() == 2
