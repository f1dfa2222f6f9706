"""Run calls in several real database sessions at the same instant.

Threads that shared a test's transaction would prove nothing: use it under
`django_db(transaction=True)`, and keep a control beside it that goes wrong. A control whose
sessions read before they write lets them meet in between: sleeping there would bet on the
machine being quick enough.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from time import monotonic
from typing import Any

from django.db import connection

PATIENCE = 60.0  # of a machine that does much else; nobody waits longer than it takes


def race(call: Callable[[], Any], *, times: int) -> list[Any]:
    """Return each call's result, or the exception it raised."""
    return race_all([call] * times)


def race_all(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start different calls together; return their results or exceptions in order."""
    start = Barrier(len(calls), timeout=PATIENCE)

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def meeting(of: int) -> Callable[[], object]:
    """Return a place where so many sessions wait for each other."""
    return Barrier(of, timeout=PATIENCE).wait


def until_done_or_waiting(rival_is_done: Event) -> None:
    """Return once the rival is done, or waits for a lock of this session's transaction."""
    patience = monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while not rival_is_done.wait(0.02) and monotonic() < patience:
            cursor.execute(_WAITS_FOR_ME)
            if cursor.fetchone()[0]:
                return


_WAITS_FOR_ME = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
)
"""
