"""What docs/invariants.md names exists: the code, the guard, the query and the test."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection

from commerce.invariants.rules import RULES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (INV\d+) \| [^|]+ \| `([\w.]+)` \| ([^|]+) \| `([^`]+)` \|$", re.MULTILINE)
PROMISES = ROW.findall((ROOT / "docs" / "invariants.md").read_text())

_GUARDS = """
SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled <> 'D'
UNION ALL
SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE conrelid <> 0
UNION ALL
SELECT indrelid::regclass || '.' || relname
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indisunique
UNION ALL
SELECT polrelid::regclass || '.' || polname FROM pg_policy
"""


def test_there_are_twenty_five_in_order() -> None:
    assert [code for code, *_ in PROMISES] == [f"INV{number}" for number in range(1, 26)]


@pytest.mark.parametrize(("code", "path"), [(code, path) for code, path, *_ in PROMISES])
def test_the_code_is_there(code: str, path: str) -> None:
    module, _, name = path.rpartition(".")
    assert callable(getattr(import_module(module), name))


@pytest.mark.django_db
def test_the_guards_are_there_and_awake() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS)
        found = {guard for (guard,) in cursor.fetchall()}

    named = {guard for *_, guards, _ in PROMISES for guard in re.findall(r"`([^`]+)`", guards)}
    assert len(named) >= len(PROMISES)
    assert named - found == set()


@pytest.mark.parametrize("code", [code for code, *_ in PROMISES])
def test_each_has_a_query_that_counts_where_it_does_not_hold(code: str) -> None:
    assert any(rule.code == code for rule in RULES)


@pytest.mark.parametrize(("code", "test"), [(code, test) for code, *_, test in PROMISES])
def test_the_test_is_there(code: str, test: str) -> None:
    path, _, name = test.partition("::")
    said = f"def {name}(" if name else "def test_"
    assert said in (ROOT / path).read_text()
