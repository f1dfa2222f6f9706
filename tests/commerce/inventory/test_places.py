"""Holds at a place that was chosen, and parcels that leave from elsewhere than was planned."""

from datetime import timedelta

import pytest

from commerce.inventory import operations, queries
from commerce.inventory.operations import OutOfStock
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def held(holder: str) -> dict[tuple[int, int], int]:
    return {
        (hold.variant_id, hold.location_id): hold.quantity
        for hold in queries.held_by(holder=holder)
        if hold.state == "active"
    }


def on_hand(variant_id: int) -> dict[int, int]:
    return {
        row.location_id: row.on_hand for row in queries.levels(variant_ids=[variant_id])[variant_id]
    }


@pytest.mark.parametrize("by_unit", [False, True])
def test_units_are_promised_where_they_were_asked_for(by_unit: bool) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 9, place="Barn")
    store = stock_up(variant_id, 2, place="Store")
    operations.set_policy(variant_id=variant_id, policy=PolicyData(by_unit=by_unit))

    operations.reserve(holder="order-1", quantities={variant_id: 2}, places={variant_id: store})

    assert held("order-1") == {(variant_id, store): 2}


@pytest.mark.parametrize("by_unit", [False, True])
def test_what_is_elsewhere_does_not_help_and_the_refusal_says_what_is_free_there(
    by_unit: bool,
) -> None:
    variant_id = make_variant()
    stock_up(variant_id, 9, place="Barn")
    store = stock_up(variant_id, 2, place="Store")
    operations.set_policy(variant_id=variant_id, policy=PolicyData(by_unit=by_unit))

    with pytest.raises(OutOfStock) as refusal:
        operations.reserve(holder="order-1", quantities={variant_id: 3}, places={variant_id: store})

    assert refusal.value.shortages == {variant_id: 2}
    assert held("order-1") == {}


def test_others_of_the_same_order_come_from_anywhere_in_one_statement() -> None:
    bound, free, rush = make_variants(skus=["BOUND", "FREE", "RUSH"]).values()
    store = stock_up(bound, 2, place="Store")
    barns = {variant: stock_up(variant, 9, place="Barn") for variant in (bound, free, rush)}
    operations.set_policy(variant_id=rush, policy=PolicyData(by_unit=True))

    with counted() as statements:
        operations.reserve(
            holder="order-1", quantities={bound: 1, free: 1, rush: 1}, places={bound: store}
        )

    assert len(statements) == 1
    assert set(held("order-1")) == {(bound, store), (free, barns[free]), (rush, barns[rush])}


def test_nothing_is_promised_ahead_of_its_arrival_at_a_chosen_place() -> None:
    variant_id = make_variant()
    store = stock_up(variant_id, 1, place="Store")
    arrival = (clock.now() + timedelta(days=9)).date()
    operations.set_policy(
        variant_id=variant_id,
        policy=PolicyData(kind="backorder", backorder_limit=5, expected_on=arrival),
    )

    with pytest.raises(OutOfStock) as refusal:
        operations.reserve(
            holder="order-1", quantities={variant_id: 2}, late=[variant_id],
            places={variant_id: store},
        )  # fmt: skip

    assert refusal.value.shortages == {variant_id: 1}


def test_what_lapsed_there_and_was_not_swept_is_free() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 9, place="Barn")
    store = stock_up(variant_id, 1, place="Store")
    operations.reserve(holder="slow", quantities={variant_id: 1}, places={variant_id: store})
    lapse("slow")

    operations.reserve(holder="quick", quantities={variant_id: 1}, places={variant_id: store})

    assert held("quick") == {(variant_id, store): 1}


@pytest.mark.parametrize("by_unit", [False, True])
def test_free_at_a_place_is_what_nobody_holds_but_those_who_ask(by_unit: bool) -> None:
    variant_id = make_variant()
    store = stock_up(variant_id, 5, place="Store")
    operations.set_policy(variant_id=variant_id, policy=PolicyData(by_unit=by_unit))
    operations.reserve(holder="other", quantities={variant_id: 1})
    operations.reserve(holder="mine", quantities={variant_id: 2})

    assert queries.free_at(variant_ids=[variant_id]) == {(variant_id, store): 2}
    assert queries.free_at(variant_ids=[variant_id], holders=["mine"]) == {(variant_id, store): 4}


def sold(quantity: int = 2, *, free_in_store: int) -> tuple[int, int, int]:
    """Units sold from the barn; returns variant, barn and store."""
    variant_id = make_variant()
    barn = stock_up(variant_id, 9, place="Barn")
    operations.reserve(holder="order-1", quantities={variant_id: quantity})
    operations.claim(holder="order-1")
    return variant_id, barn, stock_up(variant_id, free_in_store, place="Store")


def open_units() -> dict[int, tuple[int, int]]:
    return {
        row.location_id: (row.quantity, row.departed)
        for row in queries.allocations(holder="order-1")
    }


def test_what_leaves_from_elsewhere_is_taken_from_there_and_stays_in_the_barn() -> None:
    variant_id, barn, store = sold(free_in_store=5)

    operations.depart(
        holder="order-1", quantities={variant_id: 2}, location_id=store, all_from_there=True
    )

    assert on_hand(variant_id) == {barn: 9, store: 3}
    assert open_units() == {store: (2, 2)}


def test_what_the_other_place_has_not_free_was_carried_over() -> None:
    variant_id, barn, store = sold(free_in_store=1)

    operations.depart(
        holder="order-1", quantities={variant_id: 2}, location_id=store, all_from_there=True
    )

    assert on_hand(variant_id) == {barn: 8, store: 0}
    assert open_units() == {barn: (1, 1), store: (1, 1)}


def test_nothing_is_taken_from_another_sellers_place() -> None:
    variant_id, barn, _ = sold(free_in_store=5)
    foreign = stock_up(make_variant(), 5)

    with pytest.raises(operations.LocationUnknown):
        operations.depart(
            holder="order-1", quantities={variant_id: 2}, location_id=foreign, all_from_there=True
        )

    assert open_units() == {barn: (2, 0)}


def test_a_place_that_was_only_guessed_moves_nothing() -> None:
    variant_id, barn, store = sold(free_in_store=5)

    operations.depart(holder="order-1", quantities={variant_id: 2}, location_id=store)

    assert on_hand(variant_id) == {barn: 7, store: 5}
    assert open_units() == {barn: (2, 2)}
