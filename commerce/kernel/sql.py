"""Statements written by hand: for hot paths, where the ORM's work costs more than the
database's, and for what the ORM cannot say."""

from typing import Any

import psycopg
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper

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
