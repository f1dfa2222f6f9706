"""Statements written by hand: for hot paths, where the ORM's work costs more than the
database's, and for what the ORM cannot say."""

from typing import Any, TypeVar

import psycopg
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

M = TypeVar("M", bound=Model)
Row = tuple[Any, ...]
_IN_EACH_OTHERS_WAY = {"55P03", "40P01"}  # a lock was not to be had in time; a deadlock


class Planned(str):
    """A statement that is parsed and planned once a connection, and from then on only run.

    Without it the database spends more on reading and planning than on the rows. It names
    its columns, as a kept plan does not outlive a `*` whose table has grown, and leaves no
    parameter's type open.
    """

    __slots__ = ()


def fetch(statement: str, *params: Any, **named: Any) -> list[Row]:
    """Run a statement and return its rows."""
    with _cursor(statement) as cursor:
        cursor.execute(statement, named or params)
        rows: list[Row] = cursor.fetchall()
    return rows


def fetch_one(statement: str, *params: Any, **named: Any) -> Row | None:
    """Run a statement and return its first row, if there is one."""
    with _cursor(statement) as cursor:
        cursor.execute(statement, named or params)
        row: Row | None = cursor.fetchone()
    return row


def columns(model: type[Model], alias: str = "") -> str:
    """Name a model's columns, to begin the list of a statement for `fetch_as`."""
    of = f"{alias}." if alias else ""
    return ", ".join(f"{of}{field.column}" for field in model._meta.concrete_fields)


def fetch_as(model: type[M], statement: str, *params: Any) -> list[M]:
    """Run a statement whose rows begin with `columns`; what follows becomes attributes."""
    with _cursor(statement) as cursor:
        cursor.execute(statement, params)
        rows: list[Row] = cursor.fetchall()
        fields = model._meta.concrete_fields
        others = [column.name for column in cursor.description[len(fields) :]]
    names = [field.attname for field in fields]
    reads = [
        (place, f.from_db_value) for place, f in enumerate(fields) if hasattr(f, "from_db_value")
    ]
    found = []
    for row in rows:
        values = list(row[: len(fields)])
        for place, read in reads:
            values[place] = read(values[place], None, connection)
        one = model.from_db(connection.alias, names, values)
        one.__dict__.update(zip(others, row[len(fields) :], strict=True))
        found.append(one)
    return found


def execute(statement: str, *params: Any, **named: Any) -> int:
    """Run a statement and return how many rows it touched."""
    with _cursor(statement) as cursor:
        cursor.execute(statement, named or params)
        count: int = cursor.rowcount
    return count


def _cursor(statement: str) -> CursorWrapper:
    """Django's own cursors put the parameters into the text, of which no plan can be kept."""
    if not isinstance(statement, Planned):
        return connection.cursor()
    server: Any = connection
    server.close_if_health_check_failed()
    server.ensure_connection()
    cursor: CursorWrapper = server._prepare_cursor(psycopg.Cursor(server.connection))
    return cursor


def is_crowded(error: OperationalError) -> bool:
    """Tell that others held the rows for too long; the same may work a little later."""
    return getattr(error.__cause__, "sqlstate", None) in _IN_EACH_OTHERS_WAY
