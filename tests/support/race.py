"""Run calls in several real database sessions at the same instant.

Threads that shared a test's transaction would prove nothing: use it under
`django_db(transaction=True)`, and keep a control beside it that goes wrong.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def race(call: Callable[[], Any], *, times: int) -> list[Any]:
    """Return each call's result, or the exception it raised."""
    return race_all([call] * times)


def race_all(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start different calls together; return their results or exceptions in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]
