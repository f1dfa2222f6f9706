"""The data that migrations leave behind, kept aside and put back after a test that commits.

Django's flush would empty Wagtail's root page, the table of allowed moves and
whatever else a migration wrote. Here only tables that a test changed are touched.
Triggers and foreign keys sleep meanwhile, so the test role must be a superuser.
Several tests that need the same rows may share a layer, which lies on top meanwhile.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_layers = ["ground"]

_TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname
"""
_COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = format('public.%%I', %s::text)::regclass
    AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""
_CONTENT = "(SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {schema}.{table} t)"


def lay() -> None:
    """Keep the migrated data aside, or clean up after a run that was killed."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS ground")
        if "django_migrations" in _tables("ground") and not _differs("django_migrations"):
            put_back()
            return
    _copy_to("ground")


@contextmanager
def layer(name: str) -> Iterator[None]:
    """Let what is there now be what tests find and leave behind, until the block ends."""
    _copy_to(name)
    _layers.append(name)
    try:
        yield
    finally:
        _layers.remove(name)
        put_back()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{name}" CASCADE')


def _copy_to(schema: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        cursor.execute(f'CREATE SCHEMA "{schema}"')
        for table in _tables("public"):
            cursor.execute(f'CREATE TABLE "{schema}"."{table}" AS TABLE public."{table}"')


def put_back() -> None:
    """Make every table what it was after the migrations, or when the last layer was laid."""
    changed = _changed()
    if not changed:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in changed:
            cursor.execute(f'DELETE FROM public."{table}"')  # noqa: S608
            columns = _written_columns(table)
            cursor.execute(
                f'INSERT INTO public."{table}" ({columns}) '  # noqa: S608
                f'SELECT {columns} FROM "{_layers[-1]}"."{table}"'
            )


def _written_columns(table: str) -> str:
    """Return a table's columns but those that the database computes."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        return ", ".join(f'"{name}"' for (name,) in cursor.fetchall())


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [schema])
        return [name for (name,) in cursor.fetchall()]


def _differs(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_comparison(table)}")
        return bool(cursor.fetchone()[0])


def _changed() -> list[str]:
    tables = _tables("public")
    questions = [f"SELECT '{table}' WHERE {_comparison(table)}" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        return [name for (name,) in cursor.fetchall()]


def _comparison(table: str) -> str:
    here, there = (
        _CONTENT.format(schema=schema, table=f'"{table}"') for schema in ("public", _layers[-1])
    )
    return f"{here} IS DISTINCT FROM {there}"
