"""Shares of one shopper, single units and the switch between both ways of counting, raced."""

import random
from collections import Counter

import pytest
from django.db import OperationalError, transaction

from commerce.inventory import operations as inventory
from commerce.inventory import queries
from commerce.inventory.models import Reservation, Stock, Unit
from commerce.inventory.types import PolicyData
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import stock_up
from tests.support.race import meeting, race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db(transaction=True)
SESSIONS = 16


def kinds(results: list[object]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def reserve(holder: str, quantities: dict[int, int], **more: object) -> object:
    return inventory.reserve(holder=holder, quantities=quantities, **more)  # type: ignore[arg-type]


def by_unit(variant_id: int, on: bool = True) -> None:
    inventory.set_policy(variant_id=variant_id, policy=PolicyData(by_unit=on))


def held(variant_id: int) -> int:
    rows = Reservation.objects.filter(stock__variant_id=variant_id, state="active")
    return sum(rows.values_list("quantity", flat=True))


def the_books_agree(variant_id: int) -> None:
    """Nothing is promised twice or lost, however the units are kept."""
    for stock in Stock.objects.filter(variant_id=variant_id):
        holds = Reservation.objects.filter(stock=stock, state="active")
        counted = sum(holds.filter(by_unit=False).values_list("quantity", flat=True))
        single = sum(holds.filter(by_unit=True).values_list("quantity", flat=True))
        units = Unit.objects.filter(stock=stock).count()
        assert stock.reserved == counted
        assert units == (stock.on_hand - stock.reserved - single if stock.by_unit else 0)
        assert stock.on_hand >= counted + single


def ask_often(variant_id: int) -> list[object]:
    return race_all(
        [
            lambda holder=f"h{n}": reserve(holder, {variant_id: 1}, principal="user:1")
            for n in range(SESSIONS)
        ]
    )


def test_one_shopper_in_many_sessions_holds_no_more_than_the_share() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 100)
    inventory.set_policy(variant_id=variant_id, policy=PolicyData(shopper_cap=3))

    results = ask_often(variant_id)

    assert kinds(results) == {"NoneType": 3, "ShareTaken": SESSIONS - 3}
    assert held(variant_id) == 3


def test_control_without_its_lock_and_guard_the_share_is_passed() -> None:
    """Look how much the shopper holds, then hold more: two sessions see the same."""
    variant_id = make_variant()
    stock_up(variant_id, 100)
    inventory.set_policy(variant_id=variant_id, policy=PolicyData(shopper_cap=3))
    stock = Stock.objects.get()
    all_have_looked = meeting(SESSIONS)

    def carelessly(number: int) -> None:
        with transaction.atomic():
            mine = Reservation.objects.filter(principal="user:1", state="active")
            if sum(mine.values_list("quantity", flat=True)) >= 3:
                raise inventory.ShareTaken({variant_id: 0})
            all_have_looked()
            run_sql(
                "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"
                " principal, expires_at) SELECT id, %s, 1, 'active', false, 'user:1',"
                " now() + interval '5 minutes' FROM inventory_stock"
                " WHERE id = %s",
                [f"h{number}", stock.pk],
            )

    run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
    try:
        race_all([lambda number=n: carelessly(number) for n in range(SESSIONS)])
    finally:
        run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")

    assert held(variant_id) > 3


@pytest.mark.parametrize("quantity", [1, 3])
def test_of_single_units_each_goes_to_one_shopper(quantity: int) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    by_unit(variant_id)

    results = race_all(
        [lambda holder=f"h{n}": reserve(holder, {variant_id: quantity}) for n in range(SESSIONS)]
    )

    served = 10 // quantity
    assert kinds(results) == {"NoneType": served, "OutOfStock": SESSIONS - served}
    assert held(variant_id) == served * quantity
    the_books_agree(variant_id)


def test_control_without_locked_units_one_is_held_twice() -> None:
    """Choose a free unit, then take it: what the trigger would be without its lock."""
    variant_id = make_variant()
    stock_up(variant_id, 1)
    by_unit(variant_id)
    taken: list[int] = []
    all_have_chosen = meeting(8)

    def carelessly() -> None:
        unit = Unit.objects.first()
        if unit is None:
            raise inventory.OutOfStock({variant_id: 0})
        with transaction.atomic():
            all_have_chosen()
            taken.append(unit.pk)
            unit.delete()

    race_all([carelessly] * 8)

    assert len(taken) > 1


def test_units_and_counted_goods_in_one_cart_neither_deadlock_nor_part() -> None:
    hot, plain, other = make_variants(skus=["HOT", "PLAIN", "OTHER"]).values()
    for variant_id in (hot, plain, other):
        stock_up(variant_id, 60)
    by_unit(hot)

    def shop(number: int) -> None:
        chance = random.Random(number)
        for turn in range(6):
            order = chance.sample([hot, plain, other], k=chance.randint(1, 3))
            holder = f"h{number}-{turn}"
            try:
                inventory.reserve(holder=holder, quantities=dict.fromkeys(order, 1))
            except inventory.OutOfStock:
                continue
            chance.choice([inventory.claim, inventory.release])(holder=holder)

    results = race_all([lambda number=n: shop(number) for n in range(SESSIONS)])

    assert results == [None] * SESSIONS
    for variant_id in (hot, plain, other):
        the_books_agree(variant_id)


def test_the_switch_is_safe_both_ways_while_people_buy() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 200)
    sold: list[str] = []

    def shop(number: int) -> None:
        for turn in range(10):
            holder = f"h{number}-{turn}"
            try:
                inventory.reserve(holder=holder, quantities={variant_id: 2})
                (inventory.claim if turn % 2 else inventory.release)(holder=holder)
                if turn % 2:
                    sold.append(holder)
            except (OperationalError, inventory.OutOfStock) as error:
                sold.append(f"!{error}")

    def switch() -> None:
        for turn in range(6):
            by_unit(variant_id, on=turn % 2 == 0)

    results = race_all([lambda number=n: shop(number) for n in range(12)] + [switch])

    assert results == [None] * 13
    assert [word for word in sold if word.startswith("!")] == []
    the_books_agree(variant_id)
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.by_unit) == (200 - 2 * len(sold), False)


def test_the_last_unit_is_not_refused_while_a_switch_is_under_way() -> None:
    variant_id = make_variant()
    stock_up(variant_id, SESSIONS)

    results = race_all(
        [lambda holder=f"h{n}": reserve(holder, {variant_id: 1}) for n in range(SESSIONS)]
        + [lambda: by_unit(variant_id), lambda: by_unit(variant_id, on=False)]
    )

    assert kinds(results) == {"NoneType": SESSIONS + 2}
    assert queries.available(variant_ids=[variant_id])[variant_id].available == 0


def test_a_cart_and_its_checkout_at_once_hold_the_units_once() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 4)
    inventory.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    inventory.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=2, principal="")

    race_all(
        [
            lambda: reserve(
                "order", {variant_id: 2}, replaces=[inventory.cart_holder(1, variant_id)]
            ),
            *[
                lambda: inventory.hold_in_cart(
                    cart_id=2, variant_id=variant_id, quantity=3, principal=""
                )
            ]
            * 7,
        ]
    )

    assert held(variant_id) <= 4
    assert [hold.quantity for hold in queries.held_by(holder="order")] == [2]
    the_books_agree(variant_id)
