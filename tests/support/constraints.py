"""What the database looks at when a transaction commits, looked at inside a test's transaction."""

from django.db import connection


def check_deferred_constraints() -> None:
    """Run the checks that wait for the commit, as if the transaction ended here."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
