"""Holds that overlap, end twice or are made twice, on real sessions with their controls."""

import random
from collections import Counter

import pytest
from django.db import OperationalError, transaction

from commerce.inventory import operations as inventory
from commerce.inventory import queries
from commerce.inventory.models import Reservation, Stock, StockMovement
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.race import meeting, race, race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 16


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def counts(variant_id: int) -> tuple[int, int]:
    stock = queries.available(variant_ids=[variant_id])[variant_id]
    return stock.on_hand, stock.reserved


@pytest.fixture
def shelf() -> list[int]:
    """Four variants with plenty of units."""
    ids = list(make_variants(skus=["A", "B", "C", "D"]).values())
    for variant_id in ids:
        stock_up(variant_id, 1000)
    return ids


def test_control_carts_that_lock_in_their_own_order_deadlock(shelf: list[int]) -> None:
    both_have_begun = meeting(2)

    def reserve_line_by_line(order: list[int]) -> None:
        with transaction.atomic():
            for variant_id in order:
                Stock.objects.select_for_update().get(variant_id=variant_id)
                if variant_id == order[0]:
                    both_have_begun()

    forth, back = shelf, shelf[::-1]
    results = race_all([lambda order=order: reserve_line_by_line(order) for order in (forth, back)])

    assert any(
        isinstance(result, OperationalError) and "deadlock" in str(result) for result in results
    )


def test_overlapping_carts_do_not_deadlock(shelf: list[int]) -> None:
    def checkout(number: int) -> None:
        chance = random.Random(number)
        for turn in range(10):
            order = chance.sample(shelf, k=chance.randint(2, 4))
            holder = f"h{number}-{turn}"
            with transaction.atomic():
                inventory.reserve(holder=holder, quantities=dict.fromkeys(order, 1))
            with transaction.atomic():
                chance.choice([inventory.claim, inventory.release])(holder=holder)

    results = race_all([lambda number=number: checkout(number) for number in range(SESSIONS)])

    assert results == [None] * SESSIONS
    assert sum(stock.reserved for stock in Stock.objects.all()) == 0
    sold = sum(Reservation.objects.filter(state="claimed").values_list("quantity", flat=True))
    assert sum(stock.on_hand for stock in Stock.objects.all()) == 4000 - sold


def test_a_scarce_cart_is_held_whole_or_not_at_all() -> None:
    first, second = make_variants(skus=["A", "B"]).values()
    stock_up(first, 8)
    stock_up(second, 5)

    results = race_all(
        [
            lambda holder=f"h{n}": inventory.reserve(
                holder=holder, quantities={first: 1, second: 1}
            )
            for n in range(SESSIONS)
        ]
    )

    assert kinds(results) == {"NoneType": 5, "OutOfStock": SESSIONS - 5}
    assert (counts(first), counts(second)) == ((8, 5), (5, 5))


def test_units_split_over_places_are_not_promised_twice() -> None:
    variant_id = make_variant()
    for place in ("Front", "Back", "Far"):
        stock_up(variant_id, 5, place=place)

    results = race_all(
        [
            lambda holder=f"h{n}": inventory.reserve(holder=holder, quantities={variant_id: 2})
            for n in range(SESSIONS)
        ]
    )

    assert kinds(results) == {"NoneType": 7, "OutOfStock": SESSIONS - 7}
    assert counts(variant_id) == (15, 14)


def test_one_holder_in_many_sessions_holds_once() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2, place="Front")
    stock_up(variant_id, 100, place="Back")

    results = race(
        lambda: inventory.reserve(holder="same", quantities={variant_id: 2}), times=SESSIONS
    )

    assert results == [None] * SESSIONS
    assert counts(variant_id) == (102, 2)


def end_in_every_way(holder: str) -> list[object]:
    return race_all(
        [
            lambda: inventory.claim(holder=holder),
            lambda: inventory.release(holder=holder),
            inventory.release_lapsed,
        ]
        * 4
    )


def test_control_without_the_guard_several_believe_that_they_ended_the_hold() -> None:
    """Look first and write then: what ending would be without lock and guard."""
    variant_id = make_variant()
    stock_up(variant_id, 10)
    inventory.reserve(holder="x", quantities={variant_id: 2})

    all_have_looked = meeting(8)

    def end_carelessly(state: str) -> int:
        hold = Reservation.objects.get(holder="x")
        if hold.state != "active":
            return 0
        all_have_looked()
        return Reservation.objects.filter(pk=hold.pk).update(state=state)

    run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
    try:
        ended = race_all(
            [lambda state=state: end_carelessly(state) for state in ("claimed", "released") * 4]
        )
    finally:
        run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")

    assert sum(ended) > 1


@pytest.mark.parametrize("turn", range(10))
def test_a_lapsed_hold_claimed_released_and_expired_at_once_ends_once(turn: int) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    inventory.reserve(holder="x", quantities={variant_id: 2})
    lapse("x")

    results = end_in_every_way("x")

    (state,) = Reservation.objects.values_list("state", flat=True)
    on_hand = 8 if state == "claimed" else 10
    assert counts(variant_id) == (on_hand, 0)
    claims = results[0::3]
    assert kinds(claims) == ({"NoneType": 4} if state == "claimed" else {"HoldLost": 4})
    assert kinds(results[1::3]) == {"NoneType": 4}
    assert sorted(results[2::3]) == [0, 0, 0, 1 if state == "expired" else 0]


def test_a_count_and_a_sale_at_once_leave_the_books_in_order() -> None:
    """The seller recounts to what is promised at least, while shoppers reserve and pay."""
    variant_id = make_variant()
    location_id = stock_up(variant_id, 50)

    def shop(number: int) -> None:
        inventory.reserve(holder=f"h{number}", quantities={variant_id: 3})
        inventory.claim(holder=f"h{number}")

    def recount() -> None:
        inventory.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=20, cause="recount"
        )

    results = race_all([lambda number=number: shop(number) for number in range(12)] + [recount] * 4)

    assert kinds(results) <= Counter(NoneType=16, OutOfStock=12, BelowReserved=4)
    stock = Stock.objects.get()
    assert stock.reserved == sum(
        Reservation.objects.filter(state="active").values_list("quantity", flat=True)
    )
    assert stock.on_hand == sum(StockMovement.objects.values_list("delta", flat=True))


def test_lapsed_units_go_to_one_of_many_who_wait() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    inventory.reserve(holder="slow", quantities={variant_id: 1})
    lapse("slow")

    results = race_all(
        [
            *(
                lambda holder=f"h{n}": inventory.reserve(holder=holder, quantities={variant_id: 1})
                for n in range(SESSIONS - 2)
            ),
            inventory.release_lapsed,
            lambda: inventory.claim(holder="slow"),
        ]
    )

    live = Reservation.objects.filter(state__in=["active", "claimed"])
    assert live.count() == 1
    on_hand, reserved = counts(variant_id)
    assert (on_hand, reserved) in {(1, 1), (0, 0)}
    assert kinds(results[: SESSIONS - 2])["OutOfStock"] >= SESSIONS - 3
