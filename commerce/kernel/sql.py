"""Statements written by hand: for hot paths, where the ORM's work costs more than the
database's, and for what the ORM cannot say."""

from typing import Any

from django.db import OperationalError, connection

Row = tuple[Any, ...]
_IN_EACH_OTHERS_WAY = {"55P03", "40P01"}  # a lock was not to be had in time; a deadlock


def fetch(statement: str, *params: Any) -> list[Row]:
    """Run a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[Row] = cursor.fetchall()
    return rows


def fetch_one(statement: str, *params: Any) -> Row | None:
    """Run a statement and return its first row, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row: Row | None = cursor.fetchone()
    return row


def execute(statement: str, *params: Any) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        count: int = cursor.rowcount
    return count


def is_crowded(error: OperationalError) -> bool:
    """Tell that others held the rows for too long; the same may work a little later."""
    return getattr(error.__cause__, "sqlstate", None) in _IN_EACH_OTHERS_WAY
