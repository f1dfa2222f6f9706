"""SKUs that are sold ahead of their arrival, and what a shopper may hold of them."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError

from commerce.inventory import operations, queries
from commerce.inventory.models import SkuPolicy, Stock, Unit
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def soon(days: int = 14):
    return clock.now().date() + timedelta(days=days)


def sell_ahead(variant_id: int, limit: int, **more) -> None:
    operations.set_policy(
        variant_id=variant_id,
        policy=PolicyData(
            **{"kind": "backorder", "backorder_limit": limit, "expected_on": soon(), **more}
        ),
    )


def state(variant_id: int) -> tuple[int, int, int]:
    found = queries.available(variant_ids=[variant_id])[variant_id]
    return found.on_hand, found.in_stock, found.available


def test_by_default_nothing_is_sold_that_is_not_there() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)

    with pytest.raises(operations.OutOfStock):
        operations.reserve(holder="a", quantities={variant_id: 2}, late=[variant_id])


def test_a_backorder_goes_below_zero_and_ends_at_its_limit() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    sell_ahead(variant_id, 3)

    operations.reserve(holder="a", quantities={variant_id: 3}, late=[variant_id])
    operations.claim(holder="a")

    assert state(variant_id) == (-2, 0, 1)
    with pytest.raises(operations.OutOfStock) as short:
        operations.reserve(holder="b", quantities={variant_id: 2}, late=[variant_id])
    assert short.value.shortages == {variant_id: 1}


def test_who_was_not_told_gets_only_what_is_there() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    sell_ahead(variant_id, 3)

    with pytest.raises(operations.OutOfStock) as short:
        operations.reserve(holder="a", quantities={variant_id: 2})

    assert short.value.shortages == {variant_id: 1}


def test_units_that_are_there_go_first_wherever_they_lie() -> None:
    variant_id = make_variant()
    front, back = stock_up(variant_id, 0, place="Front"), stock_up(variant_id, 2, place="Back")
    sell_ahead(variant_id, 5)

    operations.reserve(holder="a", quantities={variant_id: 3}, late=[variant_id])

    parts = {hold.location_id: hold.quantity for hold in queries.held_by(holder="a")}
    assert parts == {front: 1, back: 2}


def test_what_arrives_serves_backorders_first() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 0)
    sell_ahead(variant_id, 3)
    operations.reserve(holder="a", quantities={variant_id: 2}, late=[variant_id])
    operations.claim(holder="a")

    operations.adjust(
        variant_id=variant_id, location_id=location_id, delta=5, cause="delivery", kind="received"
    )

    assert state(variant_id) == (3, 3, 6)


def test_after_the_promise_ends_no_more_is_sold_ahead_and_the_room_melts() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 0)
    sell_ahead(variant_id, 3)
    operations.reserve(holder="a", quantities={variant_id: 2}, late=[variant_id])
    operations.claim(holder="a")

    operations.set_policy(variant_id=variant_id, policy=PolicyData())
    assert state(variant_id) == (-2, 0, 0)
    operations.adjust(variant_id=variant_id, location_id=location_id, delta=3, cause="delivery")

    assert state(variant_id) == (1, 1, 1)
    assert Stock.objects.get().backorder_limit == 0


def test_a_date_that_has_come_ends_the_promise() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 0)
    sell_ahead(variant_id, 3, kind="preorder")
    SkuPolicy.objects.update(expected_on=clock.now().date())

    assert operations.end_due() == 1

    assert state(variant_id) == (0, 0, 0)
    assert operations.end_due() == 0


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("backorder_limit", {"backorder_limit": 0}),
        ("expected_on", {"expected_on": None}),
        ("by_unit", {"by_unit": True}),
        ("shopper_cap", {"shopper_cap": 0}),
        ("cart_hold_minutes", {"cart_hold_minutes": 61}),
        ("low_at", {"low_at": -1}),
        ("kind", {"kind": "maybe"}),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(field: str, changes: dict) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)

    with pytest.raises(operations.InvalidPolicy) as refusal:
        sell_ahead(variant_id, 3, **changes)

    assert refusal.value.field == field


def test_the_database_keeps_the_limit_too() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    sell_ahead(variant_id, 2)

    with pytest.raises(DatabaseError, match="never_promise_more_than_exists"):
        run_sql("UPDATE inventory_stock SET on_hand = -3")


def test_a_share_counts_all_open_holds_of_a_principal() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(shopper_cap=3))
    operations.reserve(holder="a", quantities={variant_id: 2}, principal="user:1")

    with pytest.raises(operations.ShareTaken) as refusal:
        operations.reserve(holder="b", quantities={variant_id: 2}, principal="user:1")
    operations.reserve(holder="c", quantities={variant_id: 2}, principal="user:2")
    operations.claim(holder="a")
    operations.reserve(holder="b", quantities={variant_id: 3}, principal="user:1")

    assert refusal.value.allowed == {variant_id: 1}


def test_without_a_stated_share_further_checkouts_get_half_at_most() -> None:
    """Two hundred guest carts of one network leave enough for a second buyer."""
    variant_id = make_variant()
    stock_up(variant_id, 20)

    held = 0
    for number in range(200):
        try:
            operations.reserve(holder=f"h{number}", quantities={variant_id: 1}, principal="net:1")
            held += 1
        except operations.ShareTaken:
            pass
    operations.reserve(holder="other", quantities={variant_id: 10}, principal="net:2")

    assert held == 10


def test_one_checkout_alone_may_take_everything() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 20)

    operations.reserve(holder="a", quantities={variant_id: 20}, principal="user:1")

    assert state(variant_id)[1] == 0


def test_plain_sql_cannot_hold_beyond_the_share() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(shopper_cap=3))

    with pytest.raises(DatabaseError, match="share of one shopper"):
        run_sql(
            "INSERT INTO inventory_reservation (stock_id, holder, quantity, state, extended,"
            " principal, expires_at) SELECT id, 'raw', 4, 'active', false, 'user:1',"
            " now() + interval '5 minutes' FROM inventory_stock"
        )


def test_slow_money_holds_for_days_and_only_once() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="a", quantities={variant_id: 1})
    start = clock.now()

    first = operations.extend(holder="a", minutes=7 * 24 * 60, kind="slow")
    again = operations.extend(holder="a", minutes=9 * 24 * 60, kind="slow")

    assert timedelta(days=6, hours=23) < first - start < timedelta(days=7, minutes=1)
    assert again == first


def test_no_slow_hold_lasts_longer_than_two_weeks() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    with pytest.raises(ValueError, match="minutes"):
        operations.reserve(
            holder="a", quantities={variant_id: 1}, minutes=15 * 24 * 60, kind="slow"
        )
    operations.reserve(holder="a", quantities={variant_id: 1})

    with pytest.raises(DatabaseError, match="no_hold_beyond_its_kind"):
        run_sql(
            "UPDATE inventory_reservation SET kind = 'slow', extended = true,"
            " expires_at = created_at + interval '15 days'"
        )


def test_a_cart_holds_only_where_the_seller_wants_it() -> None:
    scarce, plain = make_variants(skus=["SCARCE", "PLAIN"]).values()
    stock_up(scarce, 3)
    stock_up(plain, 3)
    operations.set_policy(variant_id=scarce, policy=PolicyData(cart_hold_minutes=10))

    held = operations.hold_in_cart(cart_id=1, variant_id=scarce, quantity=2, principal="")
    free = operations.hold_in_cart(cart_id=1, variant_id=plain, quantity=2, principal="")

    assert (held.quantity, held.until is not None) == (2, True)
    assert (free.quantity, free.until) == (2, None)
    assert queries.held_in_cart(cart_id=1, variant_ids=[scarce, plain]) == {scarce: (2, held.until)}


def test_changing_a_cart_never_moves_its_deadline() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    first = operations.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=1, principal="")

    for quantity in (2, 5, 3):
        again = operations.hold_in_cart(
            cart_id=1, variant_id=variant_id, quantity=quantity, principal=""
        )
        assert (again.quantity, again.until) == (quantity, first.until)


def test_a_cart_whose_time_was_up_holds_nothing_more() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    operations.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=1, principal="")
    lapse(operations.cart_holder(1, variant_id))

    again = operations.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=1, principal="")

    assert (again.quantity, again.until) == (1, None)
    assert state(variant_id)[1] == 5


def test_a_cart_holds_as_much_as_can_be_had() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    operations.set_policy(
        variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10, shopper_cap=4)
    )

    capped = operations.hold_in_cart(
        cart_id=1, variant_id=variant_id, quantity=5, principal="user:1"
    )
    short = operations.hold_in_cart(
        cart_id=2, variant_id=variant_id, quantity=3, principal="user:2"
    )

    assert (capped.quantity, capped.limit) == (4, "share")
    assert (short.quantity, short.limit) == (1, "stock")


def test_a_checkout_takes_over_what_its_cart_holds() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    operations.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=2, principal="")

    operations.reserve(
        holder="order-1", quantities={variant_id: 2},
        replaces=[operations.cart_holder(1, variant_id)],
    )  # fmt: skip

    assert state(variant_id) == (2, 0, 0)
    assert [hold.quantity for hold in queries.held_by(holder="order-1")] == [2]


def test_holds_follow_a_guest_into_the_account() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(cart_hold_minutes=10))
    first = operations.hold_in_cart(cart_id=1, variant_id=variant_id, quantity=2, principal="")

    operations.move_cart_holds(from_cart=1, to_cart=2, variant_ids=[variant_id])

    assert queries.held_in_cart(cart_id=2, variant_ids=[variant_id]) == {
        variant_id: (2, first.until)
    }
    assert queries.held_in_cart(cart_id=1, variant_ids=[variant_id]) == {}


def test_however_it_is_planned_no_more_units_go_than_were_asked_for() -> None:
    """As a nested loop a subquery that skips locked rows would choose others for each row."""
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(by_unit=True))
    for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
        run_sql(f"SET LOCAL enable_{way} = off")

    operations.reserve(holder="ann", quantities={variant_id: 1})
    assert Unit.objects.count() == 9

    operations.adjust(variant_id=variant_id, location_id=location_id, delta=-2, cause="broken")
    assert Unit.objects.count() == 7


def test_control_chosen_by_a_subquery_too_many_units_go() -> None:
    before = import_module("commerce.inventory.migrations.0010_units_are_chosen_once")
    for function in before._FUNCTIONS:
        run_sql(function)

    with pytest.raises(AssertionError):
        test_however_it_is_planned_no_more_units_go_than_were_asked_for()
