"""Ended holds are cleared while orders claim, extend and begin, on real sessions."""

import pytest

from commerce.inventory import operations as inventory
from commerce.inventory.models import Allocation, Reservation, Stock
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up
from tests.support.race import race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 8
LONG_AGO = 40 * 24


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    stock_up(variant_id, 100)
    return variant_id


def past_its_time(mug: int, holder: str) -> None:
    """A hold whose deadline is long over, and that nobody has ended."""
    inventory.reserve(holder=holder, quantities={mug: 1})
    lapse(holder, hours=LONG_AGO)


def given_back(mug: int, holder: str) -> None:
    inventory.reserve(holder=holder, quantities={mug: 1})
    inventory.release(holder=holder)
    lapse(holder, hours=LONG_AGO)


def test_control_clearing_by_the_deadline_alone_deletes_what_an_order_holds(mug: int) -> None:
    """What clearing would be without its states and the trigger: late money finds nothing."""
    for number in range(ORDERS):
        past_its_time(mug, f"order-{number}")

    run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
    try:
        run_sql("DELETE FROM inventory_reservation WHERE expires_at < now() - interval '30 days'")
    finally:
        run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")

    with pytest.raises(inventory.HoldLost):
        inventory.claim(holder="order-0")
    assert Stock.objects.get().reserved == ORDERS


def test_late_money_claims_each_hold_whole_while_others_are_cleared(mug: int) -> None:
    for number in range(ORDERS):
        past_its_time(mug, f"order-{number}")
        given_back(mug, f"old-{number}")

    results = race_all(
        [lambda n=n: inventory.claim(holder=f"order-{n}") for n in range(ORDERS)]
        + [lambda: inventory.clear_ended(batch=3)] * 4
    )

    assert results[:ORDERS] == [None] * ORDERS
    # What one of them has in its hands the others pass over.
    inventory.clear_ended()
    assert set(Reservation.objects.values_list("state", flat=True)) == {"claimed"}
    assert Allocation.objects.count() == ORDERS
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (100 - ORDERS, 0)


def test_an_order_whose_lost_hold_is_cleared_this_instant_is_sold_once(mug: int) -> None:
    for number in range(ORDERS):
        given_back(mug, f"order-{number}")

    results = race_all(
        [
            lambda n=n: inventory.claim(holder=f"order-{n}", quantities={mug: 1})
            for n in range(ORDERS)
        ]
        + [lambda: inventory.clear_ended(batch=3)] * 4
    )

    assert results[:ORDERS] == [None] * ORDERS
    assert Reservation.objects.filter(state="claimed").count() == ORDERS
    assert Stock.objects.get().on_hand == 100 - ORDERS


def test_holds_that_begin_extend_and_pass_on_are_left_alone(mug: int) -> None:
    for number in range(ORDERS):
        given_back(mug, inventory.checkout_holder(number))
        inventory.reserve(holder=f"order-{number}", quantities={mug: 1})

    def begin_and_order(number: int) -> bool:
        inventory.hold_for_checkout(cart_id=number, quantities={mug: 1}, minutes=15)
        return inventory.take_over(
            cart_id=number, holder=f"new-{number}", quantities={mug: 1}, minutes=35
        )

    results = race_all(
        [lambda n=n: begin_and_order(n) for n in range(ORDERS)]
        + [lambda n=n: inventory.extend(holder=f"order-{n}") and True for n in range(ORDERS)]
        + [lambda: inventory.clear_ended(batch=2) >= 0] * 4
    )

    assert results == [True] * len(results)
    inventory.clear_ended()
    assert set(Reservation.objects.values_list("state", flat=True)) == {"active"}
    assert Stock.objects.get().reserved == Reservation.objects.count() == 2 * ORDERS
