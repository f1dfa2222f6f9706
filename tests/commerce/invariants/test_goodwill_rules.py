"""The rules of goodwill and of found refunds see what they are there for."""

import pytest
from django.db import connection

from commerce.orders.types import OrderData
from tests.commerce.orders.test_found_refunds import assign, order, provider
from tests.commerce.orders.test_goodwill import broken, cancel, goodwill, make_part

__all__ = ["order", "provider"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "column", ["advanced_minor = 0, recovered_minor = 0", "recovered_minor = 0"]
)
def test_goodwill_for_what_nobody_kept_is_noticed(column: str) -> None:
    part = make_part()
    goodwill(part, 500, by="marketplace")
    cancel(part, 5)
    rule = "When nothing of a part is kept, goodwill for it is settled, and nobody bears it."
    assert rule not in broken()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("ALTER TABLE orders_adjustment DROP CONSTRAINT refund_is_its_parts")
        cursor.execute(
            "ALTER TABLE orders_adjustment DROP CONSTRAINT seller_loses_what_others_do_not_bear"
        )
        cursor.execute(
            "ALTER TABLE orders_adjustment DROP CONSTRAINT seller_gets_back_only_goodwill"
        )
        cursor.execute(f"UPDATE orders_adjustment SET {column}")  # noqa: S608
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert rule in broken()


@pytest.mark.parametrize("minor", [1, 2999, 5000])
def test_what_a_refund_made_elsewhere_was_for_is_compared(order: OrderData, minor: int) -> None:
    assign(order, 3000)
    assert broken() == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_founduse SET amount_minor = %s", [minor])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert "What a refund made elsewhere was for is booked once, and is no more than it gave." in (
        broken()
    )
