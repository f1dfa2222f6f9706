"""The last units under 16 sessions; each guard beside the race that shows what it is for."""

import pytest
from django.db import connection

from commerce.inventory import operations as inventory
from commerce.inventory.models import Reservation, Stock
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.support.race import meeting, race_all

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 16


def outcomes(results: list[object]) -> dict[str, int]:
    names = [type(result).__name__ for result in results]
    return {name: names.count(name) for name in set(names)}


def test_control_without_lock_and_constraint_the_same_race_sells_too_much() -> None:
    """Read, decide, write: what `reserve` would be without its lock and the table's check."""
    variant_id = make_variant()
    stock_up(variant_id, 1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stock DROP CONSTRAINT never_promise_more_than_exists")

    all_have_read = meeting(SESSIONS)

    def carelessly(holder: str) -> None:
        stock = Stock.objects.get(variant_id=variant_id)
        if stock.on_hand - stock.reserved < 1:
            raise inventory.OutOfStock({variant_id: 0})
        all_have_read()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO inventory_reservation"
                " (stock_id, holder, quantity, state, extended, expires_at)"
                " VALUES (%s, %s, 1, 'active', false, now() + interval '5 minutes')",
                [stock.pk, holder],
            )

    try:
        race_all([lambda holder=f"h{n}": carelessly(holder) for n in range(SESSIONS)])
        assert Stock.objects.get().reserved > 1
    finally:
        Reservation.objects.update(state="released")
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE inventory_stock ADD CONSTRAINT never_promise_more_than_exists"
                " CHECK (reserved <= on_hand + backorder_limit)"
            )


def test_the_last_unit_is_reserved_once() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)

    results = race_all(
        [
            lambda holder=f"h{n}": inventory.reserve(holder=holder, quantities={variant_id: 1})
            for n in range(SESSIONS)
        ]
    )

    assert outcomes(results) == {"NoneType": 1, "OutOfStock": SESSIONS - 1}
    assert Stock.objects.get().reserved == 1
