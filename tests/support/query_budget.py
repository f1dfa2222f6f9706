"""Count statements: a budget is a literal number that does not grow with the data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE SAVEPOINT")


class Statements(list[str]):
    """The statements of a block as they were written, transaction control left out."""


@contextmanager
def counted() -> Iterator[Statements]:
    """Collect the statements that a block sends: `with counted() as statements`."""
    statements = Statements()

    def note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).lstrip().upper().startswith(_CONTROL):
            statements.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements
