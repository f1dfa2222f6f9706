"""Planned statements keep a cursor of their own on each connection."""

import pytest
from django.db import DataError, connection

from commerce.kernel.sql import Planned, execute, fetch, fetch_one

pytestmark = pytest.mark.django_db

NUMBERS = Planned("SELECT n, %s::text FROM generate_series(1, %s::int) AS n")
DIVIDED = Planned("SELECT 6 / %s::int")


def cursors():
    return connection.connection.__dict__.get("_stoa_cursors", {})


def test_a_statement_answers_anew_each_time_with_other_types_and_lengths():
    assert fetch(NUMBERS, "a", 2) == [(1, "a"), (2, "a")]
    assert fetch(NUMBERS, None, 1) == [(1, None)]
    assert fetch(NUMBERS, "b", 0) == []
    assert fetch_one(NUMBERS, "c", 3) == (1, "c")
    assert execute(NUMBERS, "d", 4) == 4


def test_a_long_answer_is_not_kept_in_memory():
    fetch(NUMBERS, "a", 3)
    assert NUMBERS in cursors()
    assert len(fetch(NUMBERS, "a", 201)) == 201
    assert NUMBERS not in cursors()


def test_what_the_database_refuses_is_djangos_error_and_the_statement_works_again(
    transactional_db,
):
    with pytest.raises(DataError):
        fetch(DIVIDED, 0)
    assert fetch(DIVIDED, 2) == [(3,)]


def test_counted_statements_are_those_that_run(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert fetch(DIVIDED, 3) == [(2,)]
        assert fetch(DIVIDED, 1) == [(6,)]
