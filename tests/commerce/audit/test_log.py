"""The audit log takes what it is told, gives nothing back, and shows when it was rewritten."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.audit import operations, queries
from commerce.audit.models import Entry, Seal
from commerce.audit.types import SEALED
from commerce.kernel import clock
from commerce.kernel.actor import acting_as

pytestmark = pytest.mark.django_db


def behind_the_guards(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> int:
    with connection.cursor() as cursor:
        cursor.execute(SEALED.violations)
        return int(cursor.fetchone()[0])


@pytest.fixture
def days_ago() -> None:
    """Two entries of three days ago and one of the day after."""
    with acting_as("user:7"):
        for subject in ("ORD-1", "ORD-2", "ORD-3"):
            operations.record(action="order.viewed", subject=subject)
    behind_the_guards("UPDATE audit_entry SET at = at - interval '3 days' WHERE subject < 'ORD-3'")
    behind_the_guards("UPDATE audit_entry SET at = at - interval '2 days' WHERE subject = 'ORD-3'")


def test_an_entry_says_who_did_what_with_which_thing_and_when() -> None:
    with acting_as("user:7"):
        operations.record(action="order.viewed", subject="ORD-1", details={"rows": 3})

    (entry,) = queries.entries_about(subject="ORD-1")
    assert (entry.actor, entry.action, entry.details) == ("user:7", "order.viewed", {"rows": 3})
    assert clock.now() - entry.at < timedelta(minutes=1)


def test_the_moment_is_the_databases_own() -> None:
    Entry.objects.create(actor="user:7", action="x", at="2020-01-01T00:00:00Z")
    assert Entry.objects.get().at.year > 2025


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'user:8'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_seal SET entries = 0",
        "DELETE FROM audit_seal",
    ],
)
def test_what_was_written_down_stays(days_ago: None, statement: str) -> None:
    operations.seal()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_every_day_that_ended_is_sealed_once(days_ago: None) -> None:
    assert len(operations.seal()) == 3
    assert operations.seal() == []
    assert list(Seal.objects.order_by("day").values_list("entries", flat=True)) == [2, 1, 0]
    assert broken() == 0


def test_today_is_not_sealed() -> None:
    operations.record(action="x")
    assert operations.seal() == []


@pytest.mark.parametrize(
    ("statement", "days"),
    [
        ("UPDATE audit_entry SET actor = 'user:8' WHERE subject = 'ORD-1'", 1),
        ("DELETE FROM audit_entry WHERE subject = 'ORD-2'", 1),
        (
            "INSERT INTO audit_entry (at, actor, action, subject, details)"
            " SELECT at, actor, action, 'ORD-9', details FROM audit_entry WHERE subject = 'ORD-3'",
            1,
        ),
        # A seal made anew no longer fits the one after it.
        (
            "UPDATE audit_seal SET digest = repeat('0', 64)"
            " WHERE day = (SELECT min(day) FROM audit_seal)",
            2,
        ),
    ],
)
def test_a_day_that_was_rewritten_shows(days_ago: None, statement: str, days: int) -> None:
    operations.seal()

    behind_the_guards(statement)

    assert broken() == days
