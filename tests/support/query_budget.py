"""Count statements: a budget is a literal number that does not grow with the data."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE SAVEPOINT")


class Statements(list[str]):
    """The statements of a block, transaction control left out."""


@contextmanager
def counted() -> Iterator[Statements]:
    """Collect the statements that a block sends: `with counted() as statements`."""
    statements = Statements()
    with CaptureQueriesContext(connection) as captured:
        yield statements
    statements += [
        query["sql"]
        for query in captured.captured_queries
        if not query["sql"].lstrip().upper().startswith(_CONTROL)
    ]
