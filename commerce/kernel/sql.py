"""Statements written by hand: for hot paths, where the ORM's work costs more than the
database's, and for what the ORM cannot say."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.models import Model

M = TypeVar("M", bound=Model)
T = TypeVar("T")
Row = tuple[Any, ...]
_FEW_ROWS = 200
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
    return _run(statement, named or params, _all)


def fetch_one(statement: str, *params: Any, **named: Any) -> Row | None:
    """Run a statement and return its first row, if there is one."""
    return _run(statement, named or params, _first)


def columns(model: type[Model], alias: str = "") -> str:
    """Name a model's columns, to begin the list of a statement for `fetch_as`."""
    of = f"{alias}." if alias else ""
    return ", ".join(f"{of}{field.column}" for field in model._meta.concrete_fields)


def fetch_as(model: type[M], statement: str, *params: Any) -> list[M]:
    """Run a statement whose rows begin with `columns`; what follows becomes attributes."""
    names, reads = _shape(model)
    width = len(names)
    rows, others = _run(statement, params, lambda cursor: _rows_wider_than(width, cursor))
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
    return _run(statement, named or params, _count)


def _all(cursor: Any) -> list[Row]:
    rows: list[Row] = cursor.fetchall()
    return rows


def _first(cursor: Any) -> Row | None:
    row: Row | None = cursor.fetchone()
    return row


def _count(cursor: Any) -> int:
    count: int = cursor.rowcount
    return count


def _rows_wider_than(width: int, cursor: Any) -> tuple[list[Row], list[str]]:
    """Return all rows, and the names of their columns from this one on."""
    rows: list[Row] = cursor.fetchall()
    # Each description is made anew by the driver; most statements have no further columns.
    wider = bool(rows) and len(rows[0]) > width
    return rows, [column.name for column in cursor.description[width:]] if wider else []


def _run(statement: str, params: Any, read: Callable[[Any], T]) -> T:
    """Run a statement and read its result before anything else runs on the connection."""
    server: Any = connections[DEFAULT_DB_ALIAS]  # once: each look through the proxy costs
    if not isinstance(statement, Planned):
        with server.cursor() as cursor:
            cursor.execute(statement, params)
            return read(cursor)
    server.close_if_health_check_failed()
    server.ensure_connection()
    if server.queries_logged or server.execute_wrappers or server.allow_thread_sharing:
        # Django's own cursors would put the parameters into the text, of which no plan can be kept.
        with server._prepare_cursor(psycopg.Cursor(server.connection)) as cursor:
            cursor.execute(statement, params)
            return read(cursor)
    server.validate_thread_sharing()
    server.validate_no_broken_transaction()
    with server.wrap_database_errors:
        return _on_own_cursor(server.connection, statement, params, read)


def _on_own_cursor(
    connection: psycopg.Connection, statement: Planned, params: Any, read: Callable[[Any], T]
) -> T:
    """Run it on the cursor that it has on this connection.

    The driver keeps there how it writes the parameters and reads the columns, which costs
    half of a short statement otherwise.
    """
    cursors: dict[str, psycopg.Cursor] = connection.__dict__.setdefault("_stoa_cursors", {})
    # Taken out while it is used: what runs within starts on another.
    cursor = cursors.pop(statement, None) or psycopg.Cursor(connection)
    cursor.execute(statement, params)
    result = read(cursor)
    if cursor.rowcount <= _FEW_ROWS:  # a cursor holds its last result
        cursors[statement] = cursor
    return result


def is_crowded(error: OperationalError) -> bool:
    """Tell that others held the rows for too long; the same may work a little later."""
    return getattr(error.__cause__, "sqlstate", None) in _IN_EACH_OTHERS_WAY
