"""Statements written by hand: for hot paths, where the ORM's work costs more than the
database's, and for what the ORM cannot say."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
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
        if not rows:
            return []
        names, reads = _shape(model)
        width = len(names)
        # Each description is made anew by the driver; most statements have no further columns.
        others = [c.name for c in cursor.description[width:]] if len(rows[0]) > width else ()
    server = connections[DEFAULT_DB_ALIAS]
    found = []
    for row in rows:
        values = list(row[:width])
        for place, read in reads:
            values[place] = read(values[place], None, server)
        one = model.from_db(DEFAULT_DB_ALIAS, names, values)
        if others:
            one.__dict__.update(zip(others, row[width:], strict=True))
        found.append(one)
    return found


@cache
def _shape(model: type[Model]) -> tuple[list[str], list[tuple[int, Callable[..., Any]]]]:
    """Return a model's attributes in the order of its columns, and how some are read."""
    fields = model._meta.concrete_fields
    reads = [
        (place, f.from_db_value) for place, f in enumerate(fields) if hasattr(f, "from_db_value")
    ]
    return [field.attname for field in fields], reads


def execute(statement: str, *params: Any, **named: Any) -> int:
    """Run a statement and return how many rows it touched."""
    with _cursor(statement) as cursor:
        cursor.execute(statement, named or params)
        count: int = cursor.rowcount
    return count


def _cursor(statement: str) -> CursorWrapper:
    """Django's own cursors put the parameters into the text, of which no plan can be kept."""
    server: Any = connections[DEFAULT_DB_ALIAS]  # once: each look through the proxy costs
    if not isinstance(statement, Planned):
        ordinary: CursorWrapper = server.cursor()
        return ordinary
    server.close_if_health_check_failed()
    server.ensure_connection()
    cursor: CursorWrapper = server._prepare_cursor(psycopg.Cursor(server.connection))
    return cursor


def is_crowded(error: OperationalError) -> bool:
    """Tell that others held the rows for too long; the same may work a little later."""
    return getattr(error.__cause__, "sqlstate", None) in _IN_EACH_OTHERS_WAY
