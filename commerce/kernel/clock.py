"""The one clock that decides holds, deadlines and schedules: the database's."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """Return the database's wall clock at this instant, not the transaction's start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
