"""Plain SQL, as a shortcut or an accident would send it."""

from typing import Any

from django.db import connection, transaction


def run_sql(statement: str, params: list[Any] | None = None) -> None:
    """Run one statement in a savepoint of its own, with pending constraints checked first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement, params)
