"""Checkouts that start, lapse and become orders at the same instant, on real sessions."""

import time
from collections import Counter

import pytest
from django.db import connection, transaction

from commerce.checkout import operations as checkout
from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.models import Reservation, Stock
from tests.factories.cart import make_cart
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up
from tests.factories.orders import Wanted, make_ready_cart
from tests.support.race import meeting, race, race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 16


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


@pytest.fixture
def carts() -> list[str]:
    """Sixteen carts that want the last unit."""
    ready = make_ready_cart([Wanted(on_hand=1)])
    return [ready.token] + [make_cart({ready.variants[0]: 1}) for _ in range(SESSIONS - 1)]


def test_control_looking_before_holding_holds_the_last_unit_often(carts: list[str]) -> None:
    """Read, decide, write: what the start would be without its lock and the table's check."""
    run_sql("ALTER TABLE inventory_stock DROP CONSTRAINT never_promise_more_than_exists")

    all_have_looked = meeting(SESSIONS)

    def start_carelessly(number: int) -> None:
        row = Stock.objects.get()
        if row.on_hand - row.reserved < 1:
            raise inventory.OutOfStock({row.variant_id: 0})
        all_have_looked()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO inventory_reservation"
                " (stock_id, holder, quantity, state, extended, expires_at)"
                " VALUES (%s, %s, 1, 'active', false, now() + interval '15 minutes')",
                [row.pk, inventory.checkout_holder(number)],
            )

    try:
        race_all([lambda number=number: start_carelessly(number) for number in range(SESSIONS)])
        assert Stock.objects.get().reserved > 1
    finally:
        Reservation.objects.update(state="released")
        run_sql(
            "ALTER TABLE inventory_stock ADD CONSTRAINT never_promise_more_than_exists"
            " CHECK (reserved <= on_hand + backorder_limit)"
        )


def test_sixteen_start_for_the_last_unit_and_fifteen_hear_it_at_once(carts: list[str]) -> None:
    results = race_all([lambda token=token: checkout.begin(cart_token=token) for token in carts])

    assert kinds(results)["datetime"] == 1
    refused = [result for result in results if isinstance(result, checkout.CheckoutRefused)]
    assert len(refused) == SESSIONS - 1
    assert Stock.objects.get().reserved == 1


def test_one_cart_started_in_many_tabs_is_held_once() -> None:
    ready = make_ready_cart([Wanted(on_hand=9, quantity=2)])

    results = race(lambda: checkout.begin(cart_token=ready.token), times=SESSIONS)

    assert kinds(results) == {"datetime": SESSIONS}
    assert len(set(results)) == 1
    assert Stock.objects.get().reserved == 2


def hold(variant_id: int) -> None:
    inventory.hold_for_checkout(cart_id=1, quantities={variant_id: 1}, minutes=15)


def nearly_lapse() -> None:
    """Let the hold of the checkout end within the next milliseconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_reservation SET expires_at = clock_timestamp() + interval '8 ms',"
            " created_at = clock_timestamp() - interval '15 minutes' WHERE holder = 'checkout:1'"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def take_over(variant_id: int) -> bool:
    return inventory.take_over(cart_id=1, holder="order", quantities={variant_id: 1}, minutes=35)


@pytest.mark.parametrize("turn", range(12))
def test_a_hold_that_lapses_while_it_is_taken_over_goes_one_way(turn: int) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    hold(variant_id)
    nearly_lapse()

    def sweep() -> int:
        time.sleep(0.008)
        return inventory.release_lapsed()

    def order() -> bool:
        time.sleep(0.001 * turn)
        return take_over(variant_id)

    taken, *swept = race_all([order, sweep, sweep, sweep])

    [row] = Reservation.objects.all()
    assert taken in (True, False)
    assert (row.holder, row.state) in (
        [("order", "active")] if taken else [("checkout:1", "expired"), ("checkout:1", "active")]
    )
    assert sum(swept) == (row.state == "expired")
    assert Stock.objects.get().reserved == (row.state == "active")


def test_control_without_the_guard_two_orders_take_one_hold_over() -> None:
    """Look, think, write: what taking over would be without its lock and the trigger."""
    variant_id = make_variant()
    stock_up(variant_id, 1)
    hold(variant_id)

    all_have_looked = meeting(4)

    def take_carelessly(order: str) -> bool:
        [row] = Reservation.objects.filter(stock__variant_id=variant_id)
        if row.holder != "checkout:1":
            return False
        all_have_looked()
        Reservation.objects.filter(pk=row.pk).update(holder=order)
        return True

    run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
    try:
        results = race_all([lambda n=n: take_carelessly(f"order-{n}") for n in range(4)])
    finally:
        run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")

    assert results.count(True) > 1


def test_of_many_orders_one_takes_the_hold_over() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    hold(variant_id)

    results = race_all(
        [
            lambda n=n: inventory.take_over(
                cart_id=1, holder=f"order-{n}", quantities={variant_id: 1}, minutes=35
            )
            for n in range(SESSIONS)
        ]
    )

    assert sorted(results) == [False] * (SESSIONS - 1) + [True]
    assert Stock.objects.get().reserved == 1


def test_a_cart_that_is_placed_while_it_starts_again_leaves_nothing_held() -> None:
    """Whoever comes second finds the cart closed, or its hold taken over with it."""
    ready = make_ready_cart([Wanted(on_hand=9)])
    checkout.begin(cart_token=ready.token)

    results = race_all(
        [ready.place] + [lambda: checkout.begin(cart_token=ready.token) for _ in range(7)]
    )

    assert type(results[0]).__name__ == "Placed"
    assert {*kinds(results[1:])} <= {"datetime", "CartUnavailable", "NoneType"}
    assert Stock.objects.get().reserved == 1
    assert Reservation.objects.get(state="active").holder == results[0].order_token


def test_units_that_lapsed_go_to_one_of_many_starts() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    hold(variant_id)
    lapse("checkout:1")

    results = race_all(
        [
            lambda n=n: inventory.hold_for_checkout(
                cart_id=n, quantities={variant_id: 1}, minutes=15
            )
            for n in range(2, SESSIONS)
        ]
        + [inventory.release_lapsed]
    )

    assert kinds(results[:-1])["datetime"] <= 1
    assert stock.available(variant_ids=[variant_id])[variant_id].reserved <= 1
