"""Everything a shortcut could do to stock is tried with plain SQL and refused."""

import pytest
from django.db import DatabaseError

from commerce.inventory import operations
from commerce.inventory.models import Reservation, Stock, StockMovement
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock_id() -> int:
    """Ten on the shelf, three held by `held`, one sold to `sold`, one given back by `back`."""
    variant_id = make_variant()
    stock_up(variant_id, 11)
    for holder, quantity in (("held", 3), ("sold", 1), ("back", 1), ("over", 1)):
        operations.reserve(holder=holder, quantities={variant_id: quantity})
    operations.claim(holder="sold")
    operations.release(holder="back")
    lapse("over")
    return Stock.objects.get().pk


NEW_HOLD = (
    "INSERT INTO inventory_reservation"
    " (stock_id, holder, quantity, state, extended, created_at, expires_at)"
    " SELECT id, 'raw', {quantity}, '{state}', false, {start}, {start} + {time}"
    " FROM inventory_stock"
)


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE inventory_stock SET reserved = 0", "written by reservations alone"),
        ("UPDATE inventory_stock SET reserved = reserved + 1", "written by reservations alone"),
        ("UPDATE inventory_stock SET on_hand = 2", "never_promise_more_than_exists"),
        ("UPDATE inventory_stock SET on_hand = -1", "check"),
        ("UPDATE inventory_stock SET variant_id = variant_id + 1", "never change"),
        (
            "INSERT INTO inventory_stock (variant_id, location_id, on_hand, reserved, low_at)"
            " SELECT variant_id, location_id, 5, 5, 5 FROM inventory_stock",
            "written by reservations alone",
        ),
        (
            "INSERT INTO inventory_stockmovement (stock_id, delta, on_hand, cause, actor)"
            " SELECT id, 5, 5, 'x', 'y' FROM inventory_stock",
            "written with the stock",
        ),
        ("UPDATE inventory_stockmovement SET cause = 'x'", "append-only"),
        ("DELETE FROM inventory_stockmovement", "append-only"),
        ("TRUNCATE inventory_stockmovement", "append-only"),
        ("TRUNCATE inventory_reservation", "append-only"),
        ("TRUNCATE inventory_stock CASCADE", "append-only"),
        (
            "UPDATE inventory_reservation SET state = 'active' WHERE state = 'released'",
            "is final",
        ),
        (
            "UPDATE inventory_reservation SET state = 'released' WHERE state = 'claimed'",
            "is final",
        ),
        (
            "UPDATE inventory_reservation SET expires_at = expires_at - interval '1 minute'"
            " WHERE state = 'claimed'",
            "is final",
        ),
        (
            "UPDATE inventory_reservation SET state = 'expired' WHERE holder = 'held'",
            "has not lapsed",
        ),
        ("UPDATE inventory_reservation SET quantity = 1 WHERE holder = 'held'", "never change"),
        ("UPDATE inventory_reservation SET holder = 'me' WHERE holder = 'held'", "never change"),
        (
            "UPDATE inventory_reservation SET stock_id = stock_id + 1 WHERE holder = 'held'",
            "never change",
        ),
        (
            "UPDATE inventory_reservation SET created_at = now() WHERE holder = 'held'",
            "never change",
        ),
        (
            "UPDATE inventory_reservation SET expires_at = expires_at + interval '1 minute'"
            " WHERE holder = 'held'",
            "extended once",
        ),
        (
            "UPDATE inventory_reservation SET extended = true,"
            " expires_at = created_at + interval '61 minutes' WHERE holder = 'held'",
            "no_hold_beyond_its_kind",
        ),
        (
            "UPDATE inventory_reservation SET kind = 'cart' WHERE holder = 'held'",
            "waits for slow money",
        ),
        (
            "UPDATE inventory_reservation SET principal = 'user:1' WHERE holder = 'held'",
            "never change",
        ),
        (
            "UPDATE inventory_reservation SET by_unit = true WHERE holder = 'held'",
            "changes with its stock alone",
        ),
        (
            "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"
            " expires_at, by_unit) SELECT id, 'raw', 1, 'active', false,"
            " now() + interval '5 minutes', true FROM inventory_stock",
            "too few free units",
        ),
        (
            "INSERT INTO inventory_unit (stock_id) SELECT id FROM inventory_stock",
            "written with the stock",
        ),
        ("DELETE FROM inventory_allocation", "is kept"),
        ("UPDATE inventory_allocation SET departed = 2", "no_more_departs_than_was_sold"),
        ("UPDATE inventory_allocation SET holder = 'me'", "never change"),
        (
            "SELECT set_config('stoa.kind', 'stolen', true);"
            " UPDATE inventory_stock SET on_hand = on_hand - 1",
            "movement_kind_is_known",
        ),
        ("DELETE FROM inventory_reservation WHERE holder = 'held'", "cannot be deleted"),
        ("DELETE FROM inventory_reservation WHERE holder = 'sold'", "cannot be deleted"),
        (
            NEW_HOLD.format(
                quantity=99, state="active", start="now()", time="interval '5 minutes'"
            ),
            "never_promise_more_than_exists",
        ),
        (
            NEW_HOLD.format(quantity=0, state="active", start="now()", time="interval '5 minutes'"),
            "hold_is_positive",
        ),
        (
            NEW_HOLD.format(quantity=1, state="claimed", start="now()", time="interval '1 minute'"),
            "starts active",
        ),
        (
            NEW_HOLD.format(quantity=1, state="active", start="now()", time="interval '2 hours'"),
            "no_hold_beyond_its_kind",
        ),
        (
            NEW_HOLD.format(
                quantity=1,
                state="active",
                start="now() + interval '1 day'",
                time="interval '5 minutes'",
            ),
            "starts now",
        ),
    ],
)
def test_a_forbidden_statement_is_refused(stock_id: int, statement: str, complaint: str) -> None:
    with pytest.raises(DatabaseError, match=complaint):
        run_sql(statement)


def test_an_extension_happens_once(stock_id: int) -> None:
    operations.extend(holder="held", minutes=20)

    with pytest.raises(DatabaseError, match="extended once"):
        run_sql(
            "UPDATE inventory_reservation SET expires_at = created_at + interval '59 minutes'"
            " WHERE holder = 'held'"
        )


def test_what_ended_without_a_sale_may_be_cleared_away_after_two_days(stock_id: int) -> None:
    lapse("back", hours=47)
    with pytest.raises(DatabaseError, match="kept for two days"):
        run_sql("DELETE FROM inventory_reservation WHERE state = 'released'")

    lapse("back", hours=2)
    run_sql("DELETE FROM inventory_reservation WHERE state = 'released'")

    assert not Reservation.objects.filter(holder="back").exists()


def test_what_departed_is_gone(stock_id: int) -> None:
    variant_id = Stock.objects.get().variant_id
    operations.depart(holder="sold", quantities={variant_id: 1})

    with pytest.raises(DatabaseError, match="is gone"):
        run_sql("UPDATE inventory_allocation SET departed = 0")


def test_plain_sql_moves_reserved_and_leaves_a_movement_too(stock_id: int) -> None:
    run_sql("UPDATE inventory_reservation SET state = 'expired' WHERE holder = 'over'")
    run_sql("UPDATE inventory_stock SET on_hand = on_hand + 5")

    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved) == (15, 3)
    last = StockMovement.objects.latest("pk")
    assert (last.delta, last.on_hand, last.cause, last.actor) == (5, 15, "unexplained", "system")


def test_control_with_the_guard_asleep_the_promise_is_lost(stock_id: int) -> None:
    run_sql("ALTER TABLE inventory_stock DISABLE TRIGGER stock_reserved_by_reservations")
    run_sql("UPDATE inventory_stock SET reserved = 0")

    held = sum(Reservation.objects.filter(state="active").values_list("quantity", flat=True))
    assert Stock.objects.get().reserved != held
