"""Strangers behind one network are many people; whoever never pays is one, whatever the cart."""

from itertools import count

import pytest

from commerce.inventory import operations, queries
from commerce.inventory.models import Reservation
from commerce.inventory.types import PolicyData
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db
OFFICE = "net:203.0.113.0/24"
NUMBERS = count()


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    stock_up(variant_id, 6)
    return variant_id


def start(mug: int, cart_id: int, quantity: int = 1, principal: str = OFFICE) -> bool:
    until = operations.hold_for_checkout(
        cart_id=cart_id, quantities={mug: quantity}, minutes=15, principal=principal
    )
    return until is not None


def order(mug: int, cart_id: int, quantity: int = 1, principal: str = OFFICE) -> str:
    """What placing does: take the checkout's hold over, else hold anew; returns the holder."""
    holder = f"order-{next(NUMBERS)}"
    if not operations.take_over(
        cart_id=cart_id, holder=holder, quantities={mug: quantity}, minutes=35
    ):
        operations.reserve(
            holder=holder,
            quantities={mug: quantity},
            minutes=35,
            principal=principal,
            replaces=[operations.checkout_holder(cart_id)],
        )
    return holder


def give_up(mug: int, cart_id: int, quantity: int = 1, principal: str = OFFICE) -> str:
    start(mug, cart_id, quantity, principal)
    holder = order(mug, cart_id, quantity, principal)
    operations.release(holder=holder)
    return holder


def free(mug: int) -> int:
    return queries.available(variant_ids=[mug])[mug].available


def test_an_office_buys_the_last_six_one_each(mug: int) -> None:
    """Half of them holds at the start, the others at placing, and nobody is sent away."""
    assert [start(mug, cart_id) for cart_id in range(6)] == [True] * 3 + [False] * 3

    for cart_id in (0, 3, 1, 4, 2, 5):
        operations.claim(holder=order(mug, cart_id))

    assert free(mug) == 0
    assert Reservation.objects.filter(state="claimed").count() == 6


def test_a_network_over_its_share_goes_on_without_a_hold(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(shopper_cap=2))

    assert start(mug, 1, 2)
    assert not start(mug, 2)
    assert free(mug) == 4


def test_what_is_short_is_told_to_strangers_too(mug: int) -> None:
    operations.reserve(holder="other", quantities={mug: 6})

    with pytest.raises(operations.OutOfStock):
        start(mug, 1)


def test_a_person_over_their_share_is_told(mug: int) -> None:
    start(mug, 1, 3, "user:1")

    with pytest.raises(operations.ShareTaken):
        start(mug, 2, 1, "user:1")


def test_a_start_over_the_share_leaves_what_was_held(mug: int) -> None:
    start(mug, 1)
    start(mug, 2, 2)

    assert not start(mug, 1, 4)
    held = queries.held_by(holder=operations.checkout_holder(1))
    assert [(one.quantity, one.state) for one in held] == [(1, "active")]


def test_a_network_holds_as_many_more_as_it_paid_within_a_day(mug: int) -> None:
    operations.claim(holder=order(mug, 1, 2))
    order(mug, 2, 2)  # four are left, half is two

    order(mug, 3, 2)

    assert free(mug) == 0
    assert Reservation.objects.filter(state="active").count() == 2


def test_what_was_paid_the_day_before_widens_no_share(mug: int) -> None:
    paid = order(mug, 1, 2)
    operations.claim(holder=paid)
    lapse(paid, hours=25)
    order(mug, 2, 2)

    with pytest.raises(operations.ShareTaken):
        order(mug, 3)


def test_carts_whose_orders_were_left_unpaid_are_given_up(mug: int) -> None:
    give_up(mug, 1)
    assert start(mug, 2)
    give_up(mug, 2)

    assert not start(mug, 3)
    assert not start(mug, 3)
    assert start(mug, 4, principal="user:1")


def test_one_cart_that_is_placed_again_and_again_counts_once(mug: int) -> None:
    for _ in range(4):
        give_up(mug, 1)

    assert start(mug, 2)


def test_who_paid_in_between_has_not_given_up_too_often(mug: int) -> None:
    for cart_id in (1, 2):
        give_up(mug, cart_id)
    operations.claim(holder=order(mug, 3))

    assert start(mug, 4)


def test_what_was_left_unpaid_is_forgotten_after_six_hours(mug: int) -> None:
    for cart_id in (1, 2):
        lapse(give_up(mug, cart_id), hours=6)

    assert start(mug, 3)


def test_other_goods_that_were_given_up_keep_nobody_from_holding(mug: int) -> None:
    cup = make_variant()
    stock_up(cup, 6)
    give_up(mug, 1)
    give_up(cup, 2)

    assert start(mug, 3)


@pytest.mark.parametrize("principal", [OFFICE, "user:1"])
def test_who_leaves_orders_unpaid_orders_half_from_then_on(mug: int, principal: str) -> None:
    for cart_id in (1, 2):
        give_up(mug, cart_id, 6, principal)

    with pytest.raises(operations.ShareTaken) as share:
        order(mug, 3, 4, principal)
    order(mug, 3, 3, principal)

    assert share.value.allowed == {mug: 3}
    assert free(mug) == 3


def test_who_leaves_orders_unpaid_does_not_get_the_last_unit_from_others() -> None:
    mug = make_variant()
    stock_up(mug, 1)
    for cart_id in (1, 2):
        give_up(mug, cart_id)

    with pytest.raises(operations.ShareTaken):
        order(mug, 3)
    order(mug, 4, principal="user:1")


def hours_of_unpaid_orders(mug: int) -> list[bool]:
    """Order all that can be had from a new cart each hour; tell when the shelf was empty."""
    empty = []
    for cart_id in range(5):
        start(mug, cart_id, 6)
        try:
            holder = order(mug, cart_id, 6)
        except operations.ShareTaken as share:
            holder = order(mug, cart_id, share.allowed[mug])
        empty.append(free(mug) == 0)
        operations.release(holder=holder)
        for one in set(Reservation.objects.values_list("holder", flat=True)):
            lapse(one, hours=1)

    return empty


def test_one_network_cannot_keep_a_shelf_empty_by_orders_it_never_pays(mug: int) -> None:
    assert hours_of_unpaid_orders(mug) == [True, True, False, False, False]


def test_control_when_nobody_remembers_unpaid_orders_the_shelf_stays_empty(mug: int) -> None:
    run_sql(
        "CREATE OR REPLACE FUNCTION inventory_gave_up("
        " p_principal text, p_but text, p_variants bigint[], p_checkouts boolean"
        ") RETURNS boolean LANGUAGE sql AS 'SELECT false'"
    )

    assert hours_of_unpaid_orders(mug) == [True] * 5


def test_signing_in_during_a_checkout_gives_nothing_up(mug: int) -> None:
    for cart_id in (1, 2):
        start(mug, cart_id)
        operations.move_checkout_hold(from_cart=cart_id, to_cart=cart_id + 10)

    assert start(mug, 3)


def test_signing_in_where_nothing_can_be_carried_counts_as_given_up(mug: int) -> None:
    """Otherwise a network could hand its units from one new cart to the next."""
    for cart_id in (1, 2):
        person = operations.checkout_holder(cart_id + 10)
        start(mug, cart_id + 10, principal="")
        run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
        run_sql(
            "UPDATE inventory_reservation SET expires_at = clock_timestamp() WHERE holder = %s",
            [person],
        )
        run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")
        start(mug, cart_id)

        operations.move_checkout_hold(from_cart=cart_id, to_cart=cart_id + 10)

    assert not start(mug, 3)
