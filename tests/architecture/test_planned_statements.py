"""Statements whose plans are kept: each can be prepared, and none outgrows its plan."""

import importlib
import pkgutil
import re

import pytest
from django.db import connection
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer

import commerce
from commerce.kernel.sql import Planned, fetch

MODULES = [
    module.name
    for module in pkgutil.walk_packages(commerce.__path__, "commerce.")
    if not re.search(r"\.(migrations|management)\b", module.name)
]
STATEMENTS = {
    f"{module}.{name}": value
    for module in MODULES
    for name, value in vars(importlib.import_module(module)).items()
    if isinstance(value, Planned)
}


# Outside of where their * stands.
NAMED_AGAIN = {"commerce.pricing.statements.FACTS", "commerce.pricing.statements.STANDING"}


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - NAMED_AGAIN))
def test_a_planned_statement_names_its_columns(name):
    """The plan of a `*` breaks running processes when a migration adds a column."""
    assert not re.search(r"(SELECT|RETURNING|,)\s+(\w+\.)?\*", STATEMENTS[name])


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_database_can_tell_every_parameter_of_a_planned_statement(name):
    query = PostgresQuery(Transformer())
    names = set(re.findall(r"%\((\w+)\)s", STATEMENTS[name]))
    count = len(re.findall(r"%s", STATEMENTS[name]))
    query.convert(STATEMENTS[name], dict.fromkeys(names) if names else [None] * count)
    with connection.cursor() as cursor:
        cursor.execute(b"PREPARE planned AS " + query.query)
        cursor.execute("DEALLOCATE planned")


@pytest.mark.django_db
def test_a_planned_statement_is_planned_once_a_connection():
    statement = Planned("SELECT 40 + %s::int")
    before = _prepared(statement)
    answers = [fetch(statement, number) for number in range(5)]
    assert answers == [[(40 + number,)] for number in range(5)]
    assert before == 0
    assert _prepared(statement) == 1


def _prepared(statement):
    asked = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
    return fetch(asked, statement.replace("%s", "$1"))[0][0]
