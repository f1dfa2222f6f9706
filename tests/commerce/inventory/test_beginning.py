"""What a checkout holds from its start: once an hour, with one deadline, then its order's."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError

from commerce.inventory import operations, queries
from commerce.inventory.models import Reservation, Stock
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db

CART = 7
HOLDER = operations.checkout_holder(CART)


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    return variant_id


def hold(quantities: dict[int, int], **more) -> datetime | None:
    given = {"cart_id": CART, "minutes": 15, **more}
    return operations.hold_for_checkout(quantities=quantities, **given)


def reserved(variant_id: int) -> int:
    return queries.available(variant_ids=[variant_id])[variant_id].reserved


def live(holder: str) -> list[tuple[int, int]]:
    held = queries.held_by(holder=holder)
    return [(one.variant_id, one.quantity) for one in held if one.state == "active"]


def test_a_checkout_holds_for_its_minutes_and_no_stock_is_left_over(mug: int) -> None:
    until = hold({mug: 2})

    assert until is not None
    assert timedelta(minutes=14) < until - clock.now() <= timedelta(minutes=15)
    assert reserved(mug) == 2


def test_asking_again_changes_nothing_in_one_statement(mug: int) -> None:
    until = hold({mug: 2})
    rows = list(Reservation.objects.values_list("pk", flat=True))

    with counted() as statements:
        again = hold({mug: 2})

    assert (again, len(statements)) == (until, 1)
    assert list(Reservation.objects.values_list("pk", flat=True)) == rows


def test_what_is_changed_keeps_the_deadline_of_the_first(mug: int) -> None:
    other = make_variant(sku="CUP")
    stock_up(other, 5)
    until = hold({mug: 2})

    assert hold({mug: 3, other: 1}) == until
    assert hold({other: 2}) == until
    assert live(HOLDER) == [(other, 2)]
    assert (reserved(mug), reserved(other)) == (0, 2)


def test_what_cannot_be_held_leaves_all_as_it_was(mug: int) -> None:
    until = hold({mug: 2})
    operations.reserve(holder="other", quantities={mug: 1})

    with pytest.raises(operations.OutOfStock) as short:
        hold({mug: 5})

    assert short.value.shortages == {mug: 4}
    assert live(HOLDER) == [(mug, 2)]
    assert hold({mug: 4}) == until


def test_the_share_of_a_shopper_counts_the_checkout_too(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(shopper_cap=2))
    hold({mug: 2}, principal="user:1")

    with pytest.raises(operations.ShareTaken):
        hold({mug: 1}, cart_id=8, principal="user:1")

    assert hold({mug: 1}, principal="user:1") is not None


def test_after_it_lapsed_the_units_are_free_and_nothing_is_held_for_an_hour(mug: int) -> None:
    hold({mug: 5})
    run_sql("ALTER TABLE inventory_reservation DISABLE TRIGGER hold_guard")
    run_sql("UPDATE inventory_reservation SET expires_at = clock_timestamp()")
    run_sql("ALTER TABLE inventory_reservation ENABLE TRIGGER hold_guard")
    operations.reserve(holder="other", quantities={mug: 5})
    operations.release(holder="other")

    assert hold({mug: 1}) is None
    assert reserved(mug) == 0


def test_an_hour_later_it_may_hold_again(mug: int) -> None:
    hold({mug: 1})
    lapse(HOLDER)
    assert operations.release_lapsed() == 1

    assert hold({mug: 1}) is not None


def give_up(variant_id: int, cart_id: int, principal: str) -> None:
    assert hold({variant_id: 1}, cart_id=cart_id, principal=principal) is not None
    operations.release(holder=operations.checkout_holder(cart_id))


def test_who_gave_up_two_checkouts_of_a_sku_gets_it_held_at_placing_only(mug: int) -> None:
    give_up(mug, 11, "net:203.0.113.0/24")
    give_up(mug, 12, "net:203.0.113.0/24")

    assert hold({mug: 1}, cart_id=13, principal="net:203.0.113.0/24") is None
    assert reserved(mug) == 0


def test_what_others_gave_up_keeps_nobody_from_holding(mug: int) -> None:
    give_up(mug, 11, "user:1")
    give_up(mug, 12, "user:2")
    give_up(mug, 13, "")
    give_up(mug, 14, "")

    assert hold({mug: 1}, principal="user:1") is not None
    assert hold({mug: 1}, cart_id=15) is not None


def test_a_sku_that_was_taken_out_of_held_carts_counts_as_given_up(mug: int) -> None:
    other = make_variant()
    stock_up(other, 5)
    for cart_id in (11, 12):
        hold({mug: 1}, cart_id=cart_id, principal="user:1")
        hold({other: 1}, cart_id=cart_id, principal="user:1")

    assert hold({mug: 1}, principal="user:1") is None
    assert hold({other: 1}, principal="user:1") is not None


def test_putting_a_sku_that_was_given_up_into_a_held_cart_holds_it_no_more(mug: int) -> None:
    other = make_variant()
    stock_up(other, 5)
    give_up(mug, 11, "user:1")
    give_up(mug, 12, "user:1")
    hold({other: 1}, principal="user:1")

    operations.follow_cart(cart_id=CART, quantities={other: 1, mug: 1})

    assert (reserved(other), reserved(mug)) == (1, 0)


def test_checkouts_that_became_orders_are_not_given_up(mug: int) -> None:
    for cart_id in (11, 12):
        hold({mug: 1}, cart_id=cart_id, principal="user:1")
        assert operations.take_over(
            cart_id=cart_id, holder=f"order-{cart_id}", quantities={mug: 1}, minutes=35
        )

    assert hold({mug: 1}, principal="user:1") is not None


def test_the_holds_of_the_cart_are_replaced(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(cart_hold_minutes=5))
    operations.hold_in_cart(cart_id=CART, variant_id=mug, quantity=2, principal="")

    hold({mug: 2}, replaces=[operations.cart_holder(CART, mug)])

    assert reserved(mug) == 2


def test_units_of_a_rush_are_held_and_taken_over(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(by_unit=True))
    hold({mug: 3})
    hold({mug: 2})

    assert operations.take_over(cart_id=CART, holder="order", quantities={mug: 2}, minutes=35)
    operations.claim(holder="order")
    found = queries.available(variant_ids=[mug])[mug]
    assert (found.on_hand, found.available) == (3, 3)


def test_late_units_are_held_for_who_was_told(mug: int) -> None:
    day = clock.now().date() + timedelta(days=9)
    policy = PolicyData(kind="backorder", backorder_limit=4, expected_on=day)
    operations.set_policy(variant_id=mug, policy=policy)

    with pytest.raises(operations.OutOfStock):
        hold({mug: 7})
    hold({mug: 7}, late=[mug])

    [kept] = queries.kept(cart_id=CART).values()
    assert (kept.units, kept.there) == (7, 5)


def test_what_is_there_stays_with_the_earlier_hold(mug: int) -> None:
    day = clock.now().date() + timedelta(days=9)
    policy = PolicyData(kind="backorder", backorder_limit=9, expected_on=day)
    operations.set_policy(variant_id=mug, policy=policy)
    hold({mug: 4})
    operations.reserve(holder="later", quantities={mug: 6}, late=[mug])

    assert queries.kept(cart_id=CART)[mug].there == 4


def test_the_order_takes_over_without_a_look_at_stock(mug: int) -> None:
    hold({mug: 2})
    stock = Stock.objects.values().get()

    with counted() as statements:
        taken = operations.take_over(cart_id=CART, holder="order", quantities={mug: 2}, minutes=35)

    assert (taken, len(statements)) == (True, 1)
    assert Stock.objects.values().get() == stock
    hold_now = Reservation.objects.get()
    assert (hold_now.holder, hold_now.taken_from) == ("order", HOLDER)
    assert hold_now.expires_at == hold_now.taken_at + timedelta(minutes=35)
    operations.claim(holder="order")
    assert queries.available(variant_ids=[mug])[mug].on_hand == 3


def test_the_cart_may_begin_anew_after_its_order_took_over(mug: int) -> None:
    first = hold({mug: 2})
    hold({mug: 3})
    operations.take_over(cart_id=CART, holder="order", quantities={mug: 3}, minutes=35)
    operations.release(holder="order")

    second = hold({mug: 3})

    assert first is not None
    assert second is not None
    assert second > first


def test_a_payment_page_that_opens_late_extends_once_beyond_the_takeover(mug: int) -> None:
    hold({mug: 1})
    operations.take_over(cart_id=CART, holder="order", quantities={mug: 1}, minutes=35)

    until = operations.extend(holder="order", minutes=50)

    assert until - clock.now() > timedelta(minutes=49)
    assert operations.extend(holder="order", minutes=55) == until


def test_slow_money_waits_after_the_takeover(mug: int) -> None:
    hold({mug: 1})
    operations.take_over(cart_id=CART, holder="order", quantities={mug: 1}, minutes=35)

    until = operations.extend(holder="order", minutes=7 * 24 * 60, kind="slow")

    assert until - clock.now() > timedelta(days=6)


@pytest.mark.parametrize("asked", [1, 3])
def test_other_quantities_are_not_taken_over(mug: int, asked: int) -> None:
    hold({mug: 2})

    assert not operations.take_over(
        cart_id=CART, holder="order", quantities={mug: asked}, minutes=35
    )
    assert live(HOLDER) == [(mug, 2)]


def test_more_or_fewer_goods_are_not_taken_over(mug: int) -> None:
    cup, pot = make_variants(skus=["CUP", "POT"]).values()
    stock_up(cup, 1)
    stock_up(pot, 1)
    hold({mug: 1, cup: 1})

    for quantities in ({mug: 1}, {mug: 1, cup: 1, pot: 1}, {mug: 1, pot: 1}):
        assert not operations.take_over(
            cart_id=CART, holder="order", quantities=quantities, minutes=35
        )
    assert operations.take_over(
        cart_id=CART, holder="order", quantities={mug: 1, cup: 1}, minutes=35
    )


def test_another_place_is_not_taken_over_but_held_where_it_was_chosen(mug: int) -> None:
    there = stock_up(mug, 5, place="Store")
    until = hold({mug: 2})
    asked = {"quantities": {mug: 2}, "minutes": 35, "places": {mug: there}}

    assert not operations.take_over(cart_id=CART, holder="order", **asked)
    assert hold({mug: 2}, places={mug: there}) == until
    assert operations.take_over(cart_id=CART, holder="order", **asked)
    assert [one.location_id for one in queries.held_by(holder="order")] == [there]


def test_what_lapsed_is_not_taken_over(mug: int) -> None:
    hold({mug: 2})
    lapse(HOLDER)

    assert not operations.take_over(cart_id=CART, holder="order", quantities={mug: 2}, minutes=35)


def test_signing_in_carries_the_hold_with_the_earlier_deadline(mug: int) -> None:
    until = hold({mug: 2})
    hold({mug: 1}, cart_id=8)

    operations.move_checkout_hold(from_cart=CART, to_cart=8)

    assert live(HOLDER) == []
    assert live(operations.checkout_holder(8)) == [(mug, 2)]
    assert queries.kept(cart_id=8)[mug].until == until
    assert reserved(mug) == 2


def test_a_hold_that_is_carried_to_a_new_cart_keeps_its_time(mug: int) -> None:
    until = hold({mug: 5})

    operations.move_checkout_hold(from_cart=CART, to_cart=8)

    assert queries.kept(cart_id=8)[mug].until == until
    assert reserved(mug) == 5


def test_who_was_behind_a_hold_stays_behind_it_when_it_is_carried(mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(shopper_cap=2))
    hold({mug: 2}, principal="net:203.0.113.0/24")

    operations.move_checkout_hold(from_cart=CART, to_cart=8)

    assert live(operations.checkout_holder(8)) == [(mug, 2)]
    assert hold({mug: 1}, cart_id=9, principal="net:203.0.113.0/24") is None


def test_signing_in_goes_on_when_what_was_held_ahead_is_sold_ahead_no_more(mug: int) -> None:
    day = clock.now().date() + timedelta(days=9)
    policy = PolicyData(kind="backorder", backorder_limit=4, expected_on=day)
    operations.set_policy(variant_id=mug, policy=policy)
    hold({mug: 7}, late=[mug])
    operations.set_policy(variant_id=mug, policy=PolicyData())

    operations.move_checkout_hold(from_cart=CART, to_cart=8)

    assert live(HOLDER) == live(operations.checkout_holder(8)) == []
    assert reserved(mug) == 0


def test_following_the_cart_changes_what_is_held_and_nothing_when_nothing_is(mug: int) -> None:
    operations.follow_cart(cart_id=CART, quantities={mug: 2})
    assert reserved(mug) == 0

    until = hold({mug: 1})
    operations.follow_cart(cart_id=CART, quantities={mug: 4})
    assert queries.kept(cart_id=CART)[mug].until == until
    assert reserved(mug) == 4
    operations.follow_cart(cart_id=CART, quantities={mug: 9})
    assert reserved(mug) == 4
    operations.follow_cart(cart_id=CART, quantities={})
    assert reserved(mug) == 0
    operations.follow_cart(cart_id=CART, quantities={mug: 1})
    assert reserved(mug) == 0


HELD = "UPDATE inventory_reservation SET {} WHERE holder = 'checkout:7'"


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("expires_at = expires_at + interval '1 minute', extended = true", "never moves"),
        ("expires_at = expires_at - interval '1 minute'", "never moves"),
        ("kind = 'slow', expires_at = now() + interval '1 day'", "never moves"),
        ("extended = true", "never moves"),
        ("taken_from = 'checkout:8'", "never changes"),
        ("taken_at = now()", "never changes"),
        ("holder = 'order'", "passes to its order"),
        ("holder = 'order', taken_from = holder", "passes to its order"),
        ("holder = 'order', taken_at = now()", "passes to its order"),
        ("holder = 'order', taken_from = 'checkout:8', taken_at = now()", "passes to its order"),
        ("holder = 'checkout:8', taken_from = holder, taken_at = now()", "passes to its order"),
        ("holder = 'cart:7:1', taken_from = holder, taken_at = now()", "passes to its order"),
        (
            "holder = 'order', taken_from = holder, taken_at = now() + interval '1 day'",
            "passes to its order",
        ),
        (
            "holder = 'order', taken_from = holder, taken_at = clock_timestamp(), extended = true",
            "passes to its order",
        ),
        (
            "holder = 'order', taken_from = holder, taken_at = clock_timestamp(),"
            " state = 'released'",
            "passes to its order",
        ),
        (
            "holder = 'order', taken_from = holder, taken_at = clock_timestamp(), quantity = 1",
            "never change",
        ),
        (
            "holder = 'order', taken_from = holder, taken_at = clock_timestamp(),"
            " principal = 'user:1'",
            "never change",
        ),
        (
            "holder = 'order', taken_from = holder, taken_at = clock_timestamp(),"
            " expires_at = clock_timestamp() + interval '61 minutes'",
            "no_hold_beyond_its_kind",
        ),
    ],
)
def test_the_database_lets_a_checkout_pass_in_one_way_alone(
    mug: int, statement: str, refusal: str
) -> None:
    hold({mug: 2})

    with pytest.raises(DatabaseError, match=refusal):
        run_sql(HELD.format(statement))


@pytest.mark.parametrize("holder", ["order", "cart:7:1"])
def test_the_database_lets_nothing_but_a_checkout_pass(mug: int, holder: str) -> None:
    operations.reserve(holder=holder, quantities={mug: 1})

    with pytest.raises(DatabaseError, match="passes to its order"):
        run_sql(
            "UPDATE inventory_reservation SET holder = 'next', taken_from = holder,"
            " taken_at = clock_timestamp()"
        )


def test_the_database_lets_a_hold_pass_once(mug: int) -> None:
    hold({mug: 1})
    operations.take_over(cart_id=CART, holder="order", quantities={mug: 1}, minutes=35)

    for statement in (
        "holder = 'another', taken_from = holder, taken_at = clock_timestamp()",
        "holder = 'checkout:7', taken_from = '', taken_at = NULL",
    ):
        with pytest.raises(DatabaseError, match="passes to its order"):
            run_sql(f"UPDATE inventory_reservation SET {statement}")  # noqa: S608


def test_the_database_lets_nothing_lapsed_pass(mug: int) -> None:
    hold({mug: 1})
    lapse(HOLDER)

    with pytest.raises(DatabaseError, match="passes to its order"):
        run_sql(
            "UPDATE inventory_reservation SET holder = 'order', taken_from = holder,"
            " taken_at = clock_timestamp(), expires_at = clock_timestamp() + interval '1 minute'"
        )


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"holder": "checkout:7", "expires_at": "now() + interval '16 minutes'"}, "once an hour"),
        ({"holder": "order", "taken_from": "'checkout:7'"}, "its first holder"),
        ({"holder": "order", "taken_at": "now()"}, "its first holder"),
    ],
)
def test_the_database_refuses_a_checkout_that_begins_again(
    mug: int, more: dict[str, str], refusal: str
) -> None:
    hold({mug: 1})
    stock_up(mug, 5, place="Store")
    given = {"expires_at": "now() + interval '1 minute'", "taken_from": "''", "taken_at": "NULL"}
    given |= more
    holder = given.pop("holder")

    with pytest.raises(DatabaseError, match=refusal):
        run_sql(
            "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"  # noqa: S608
            f" created_at, {', '.join(given)}) SELECT max(id), '{holder}', 1, 'active', false,"
            f" clock_timestamp(), {', '.join(given.values())} FROM inventory_stock"
        )
