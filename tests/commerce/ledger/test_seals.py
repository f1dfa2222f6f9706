"""Days of the ledger are sealed in a chain, and the seals are kept outside the database too."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from commerce.audit import queries as audit
from commerce.invariants import queries as invariants
from commerce.invariants.rules import RULES
from commerce.kernel import clock, day_seals
from commerce.ledger import operations, queries
from commerce.ledger.models import Seal
from commerce.ledger.types import SEALED

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(settings, tmp_path: Path) -> Path:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }
    return tmp_path


def behind_the_guards(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def days() -> list[date]:
    """Two journals of three days ago and one of the day after; sealed."""
    for number in (1, 2, 3):
        amount = 100 * number
        operations.post(
            business_key=f"sale:{number}",
            kind="capture",
            entries={"stripe": amount, "payable:7": -amount},
            currency="USD",
        )
    for key, ago in (("sale:1", 3), ("sale:2", 3), ("sale:3", 2)):
        behind_the_guards(
            f"UPDATE ledger_journal SET posted_at = posted_at - interval '{ago} days'"  # noqa: S608
            f" WHERE business_key = '{key}'"
        )
    return operations.seal()


def broken() -> int:
    with connection.cursor() as cursor:
        cursor.execute(SEALED.violations)
        return int(cursor.fetchone()[0])


def files(store: Path) -> list[Path]:
    return sorted(store.glob("*/ledger/*/*.json"))


def test_every_day_that_ended_is_sealed_once(days: list[date]) -> None:
    today = clock.now().date()
    assert days == [today - timedelta(days=ago) for ago in (3, 2, 1)]
    assert operations.seal() == []
    assert list(Seal.objects.order_by("day").values_list("journals", flat=True)) == [2, 1, 0]
    assert (broken(), queries.rewritten_days()) == (0, [])


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE ledger_entry SET amount_minor = amount_minor * 2", 2),
        ("UPDATE ledger_journal SET memo = 'x' WHERE business_key = 'sale:3'", 1),
        ("UPDATE ledger_journal SET posted_at = now() WHERE business_key = 'sale:1'", 1),
        (
            "UPDATE ledger_entry SET account_id = (SELECT max(id) FROM ledger_account)"
            " WHERE journal_id = (SELECT min(id) FROM ledger_journal)",
            1,
        ),
        ("UPDATE ledger_seal SET digest = repeat('0', 64) WHERE journals = 2", 2),
    ],
)
def test_a_day_that_was_rewritten_shows(days: list[date], statement: str, wrong: int) -> None:
    behind_the_guards(statement)
    assert broken() == wrong


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger_seal SET journals = 0", "DELETE FROM ledger_seal",
                  "TRUNCATE ledger_seal"]
)  # fmt: skip
def test_a_seal_stays(days: list[date], statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement)


def test_each_seal_is_kept_in_the_private_store(days: list[date], store: Path) -> None:
    said = [json.loads(path.read_text()) for path in files(store)]
    assert [each["day"] for each in said] == [day.isoformat() for day in days]
    assert [each["digest"] for each in said] == list(
        Seal.objects.order_by("day").values_list("digest", flat=True)
    )


def test_a_chain_made_anew_after_a_forgery_is_not_the_one_that_was_kept(
    days: list[date], store: Path
) -> None:
    """Whoever rewrites journals and all seals leaves no trace inside, but one outside."""
    first = Seal.objects.get(day=days[0])
    behind_the_guards("UPDATE ledger_journal SET memo = 'x' WHERE business_key = 'sale:3'")
    behind_the_guards(f"DELETE FROM ledger_seal WHERE day > '{days[0]}'")  # noqa: S608
    operations.seal()

    assert Seal.objects.get(day=days[0]).digest == first.digest
    assert broken() == 0
    assert queries.rewritten_days() == days[1:]
    with pytest.raises(SystemExit):
        call_command("check_invariants")


def rewrite_everything() -> None:
    """From the first day on, with seals that fit."""
    behind_the_guards("UPDATE ledger_journal SET memo = 'x' WHERE business_key = 'sale:1'")
    behind_the_guards("DELETE FROM ledger_seal")


def test_a_ledger_rewritten_from_its_first_day_begins_no_second_chain(
    days: list[date], store: Path
) -> None:
    """Another first day leads to another folder: it stays empty, and the old one is a stranger."""
    kept = files(store)
    rewrite_everything()

    assert operations.seal() == days
    assert broken() == 0
    assert files(store) == kept
    assert queries.other_chains() == [kept[0].parent.name]
    told = {result.rule: result.violations for result in invariants.check_all()}
    assert told[invariants.OUTSIDE] == 1
    with pytest.raises(SystemExit):
        call_command("check_invariants")

    behind_the_guards("UPDATE ledger_seal SET sealed_at = now() - interval '3 hours'")
    assert queries.rewritten_days() == days


def test_control_where_the_second_chain_lies_elsewhere_nobody_sees_the_forgery(
    days: list[date], settings: Any
) -> None:
    rewrite_everything()
    settings.SEALS_FOLDER = "elsewhere"
    operations.seal()
    assert (broken(), queries.rewritten_days(), queries.other_chains()) == (0, [], [])


def test_the_task_goes_on_only_from_the_day_that_is_kept(days: list[date], store: Path) -> None:
    newest, middle = files(store)[2], files(store)[1]
    newest.unlink()
    operations.seal()
    assert files(store)[2] == newest  # it follows what is kept

    middle.unlink()
    operations.seal()
    assert len(files(store)) == 2  # a gap is not filled

    newest.unlink()
    behind_the_guards(f"UPDATE ledger_seal SET digest = 'x' WHERE day = '{days[0]}'")  # noqa: S608
    operations.seal()
    assert len(files(store)) == 1  # nothing goes on from what is not as it was kept


def test_an_old_chain_is_begun_by_a_person_and_nobody_else(
    days: list[date], store: Path, settings: Any
) -> None:
    with pytest.raises(CommandError, match="SEALS_FOLDER"):
        call_command("begin_seals")

    settings.SEALS_FOLDER = "seals-restored"
    behind_the_guards("UPDATE ledger_seal SET sealed_at = now() - interval '3 days'")
    operations.seal()
    assert queries.rewritten_days() == days

    call_command("begin_seals")
    assert (queries.rewritten_days(), queries.other_chains()) == ([], [])
    assert len(list(store.glob("seals-restored/ledger/*/*.json"))) == 3
    [entry] = audit.latest(limit=1)
    assert (entry.action, entry.subject) == ("seals_begun", "seals-restored")


def test_days_lost_by_a_restore_show_until_they_are_kept_elsewhere(
    days: list[date], settings: Any
) -> None:
    behind_the_guards(f"DELETE FROM ledger_seal WHERE day > '{days[0]}'")  # noqa: S608
    behind_the_guards("DELETE FROM ledger_entry WHERE journal_id IN"
                      " (SELECT id FROM ledger_journal WHERE business_key = 'sale:3')")  # fmt: skip
    behind_the_guards("DELETE FROM ledger_journal WHERE business_key = 'sale:3'")
    operations.seal()
    assert queries.rewritten_days() == days[1:]

    settings.SEALS_FOLDER = "seals-restored"
    operations.begin_seals()
    assert (queries.rewritten_days(), queries.other_chains()) == ([], [])


def test_the_newest_kept_day_is_compared_however_old_it_is(
    days: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_seals, "COMPARED", timedelta(0))
    behind_the_guards(f"UPDATE ledger_seal SET digest = 'x' WHERE day = '{days[2]}'")  # noqa: S608
    assert queries.rewritten_days() == [days[2]]


def test_a_seal_that_is_gone_from_the_database_or_from_outside_shows(
    days: list[date], store: Path
) -> None:
    behind_the_guards(f"DELETE FROM ledger_seal WHERE day = '{days[2]}'")  # noqa: S608
    assert queries.rewritten_days() == [days[2]]

    files(store)[1].unlink()
    behind_the_guards("UPDATE ledger_seal SET sealed_at = now() - interval '3 hours'")
    assert queries.rewritten_days() == [days[1], days[2]]


def test_a_file_that_cannot_be_read_is_no_seal(days: list[date], store: Path) -> None:
    files(store)[0].write_text("{")
    assert queries.rewritten_days() == [days[0]]
    assert any(result.violations for result in invariants.broken())


def test_a_store_that_cannot_be_read_hides_no_other_answer(days: list[date], store: Path) -> None:
    folder = files(store)[0].parent
    (folder / "no-day.json").write_text("{}")

    told = {result.rule: result.violations for result in invariants.check_all()}
    assert told[invariants.OUTSIDE] == 1
    assert len(told) == len(RULES) + 1
