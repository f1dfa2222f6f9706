"""Invoice numbers under a crowd: none is given out twice, none is lost."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from commerce.documents import operations
from commerce.documents.models import Counter, Document
from tests.factories.documents import paid_part
from tests.factories.sellers import make_seller
from tests.support.race import meeting, race, race_all

pytestmark = pytest.mark.django_db(transaction=True)


def serials(seller) -> list[int]:
    rows = Document.objects.filter(seller_id=seller.pk, kind="invoice")
    return sorted(rows.values_list("serial", flat=True))


@pytest.fixture
def seller():
    return make_seller()


def bill(part):
    return lambda: operations.issue_invoice(seller_order_id=part.id)


def read_then_write(all_have_read: Callable[[], object]) -> int:
    """What giving out a number would be without the lock: look, and take the next."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(n), 0) + 1 FROM numbers_without_lock")
        (number,) = cursor.fetchone()
        all_have_read()
        cursor.execute("INSERT INTO numbers_without_lock VALUES (%s)", [number])
    return number


@pytest.fixture
def without_guards():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE numbers_without_lock (n integer)")
        cursor.execute("CREATE SEQUENCE numbers_by_sequence")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE numbers_without_lock")
        cursor.execute("DROP SEQUENCE numbers_by_sequence")


def test_the_harness_can_see_a_number_given_out_twice(without_guards) -> None:
    """Control: with the lock taken away, the same race must go wrong."""
    all_have_read = meeting(8)
    numbers = race(lambda: read_then_write(all_have_read), times=8)
    assert len(set(numbers)) < 8


def test_a_sequence_would_lose_a_number(without_guards) -> None:
    """Control: what a database hands out by itself is lost with the transaction."""
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute("SELECT nextval('numbers_by_sequence')")
            transaction.set_rollback(True)
        cursor.execute("SELECT nextval('numbers_by_sequence')")
        assert cursor.fetchone()[0] == 2


def test_many_at_once_are_numbered_without_gap_or_double(seller) -> None:
    parts = [paid_part(seller) for _ in range(8)]

    results = race_all([bill(part) for part in parts])

    assert not [result for result in results if isinstance(result, Exception)]
    assert serials(seller) == list(range(1, 9))


def test_one_order_billed_by_many_at_once_has_one_invoice(seller) -> None:
    part = paid_part(seller)

    results = race(bill(part), times=8)

    assert len(set(results)) == 1
    assert serials(seller) == [1]
    assert Counter.objects.get(seller_id=seller.pk).last == 1


def test_a_number_whose_transaction_failed_goes_to_the_next(seller) -> None:
    first, second = paid_part(seller), paid_part(seller)
    with transaction.atomic():
        bill(first)()
        transaction.set_rollback(True)

    bill(second)()

    assert serials(seller) == [1]


def test_among_many_who_fail_and_succeed_no_number_is_missing(seller) -> None:
    parts = [paid_part(seller) for _ in range(8)]

    def fails(part):
        with transaction.atomic():
            operations.issue_invoice(seller_order_id=part.id)
            raise RuntimeError("after the number was taken")

    race_all(
        [bill(part) if n % 2 else (lambda part=part: fails(part)) for n, part in enumerate(parts)]
    )

    assert serials(seller) == [1, 2, 3, 4]
