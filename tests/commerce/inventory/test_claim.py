import pytest

from commerce.inventory import operations, queries
from commerce.inventory.operations import HoldLost, OutOfStock
from commerce.kernel.actor import acting_as
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import lapse, stock_up
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant_id() -> int:
    """Ten on the shelf, three of them held by order-1."""
    variant_id = make_variant()
    stock_up(variant_id, 10)
    operations.reserve(holder="order-1", quantities={variant_id: 3})
    return variant_id


def counts(variant_id: int) -> tuple[int, int]:
    stock = queries.available(variant_ids=[variant_id])[variant_id]
    return stock.on_hand, stock.reserved


def states(holder: str) -> list[str]:
    return [hold.state for hold in queries.held_by(holder=holder)]


def test_sold_units_leave_the_shelf_and_the_promise_together(variant_id: int) -> None:
    operations.claim(holder="order-1")

    assert counts(variant_id) == (7, 0)


def test_the_movement_names_the_sale_and_who_acted(variant_id: int) -> None:
    with acting_as("stripe"):
        operations.claim(holder="order-1")

    movement = queries.movements(variant_ids=[variant_id])[0]
    assert (movement.delta, movement.on_hand) == (-3, 7)
    assert (movement.cause, movement.actor) == ("sale order-1", "stripe")


def test_claiming_again_changes_nothing(variant_id: int) -> None:
    for _ in range(3):
        operations.claim(holder="order-1")
        operations.claim(holder="order-1", quantities={variant_id: 3})

    assert counts(variant_id) == (7, 0)


def test_any_number_of_lines_takes_three_statements() -> None:
    variants = make_variants(skus=["A", "B", "C"])
    for each in variants.values():
        stock_up(each, 10)
    operations.reserve(holder="order-1", quantities=dict.fromkeys(variants.values(), 1))

    with counted() as statements:
        operations.claim(holder="order-1", quantities=dict.fromkeys(variants.values(), 1))

    assert len(statements) == 3


def test_a_hold_past_its_deadline_that_nobody_ended_still_counts(variant_id: int) -> None:
    lapse("order-1")

    operations.claim(holder="order-1")

    assert counts(variant_id) == (7, 0)


def test_a_hold_that_was_given_back_is_lost(variant_id: int) -> None:
    operations.release(holder="order-1")

    with pytest.raises(HoldLost):
        operations.claim(holder="order-1")

    assert counts(variant_id) == (10, 0)


def test_somebody_who_never_held_anything_has_lost_it() -> None:
    with pytest.raises(HoldLost):
        operations.claim(holder="stranger")


def test_a_lost_hold_is_taken_again_from_what_is_free(variant_id: int) -> None:
    lapse("order-1")
    operations.release_lapsed()

    operations.claim(holder="order-1", quantities={variant_id: 3})

    assert counts(variant_id) == (7, 0)
    assert states("order-1") == ["expired", "claimed"]


def test_a_lost_hold_whose_units_are_gone_is_out_of_stock(variant_id: int) -> None:
    lapse("order-1")
    operations.release_lapsed()
    operations.reserve(holder="order-2", quantities={variant_id: 8})

    with pytest.raises(OutOfStock) as refusal:
        operations.claim(holder="order-1", quantities={variant_id: 3})

    assert refusal.value.shortages == {variant_id: 2}
    assert counts(variant_id) == (10, 8)


def test_a_hold_of_which_a_part_was_lost_is_lost_as_a_whole() -> None:
    first, second = make_variants(skus=["FIRST", "SECOND"]).values()
    stock_up(first, 1)
    stock_up(second, 1)
    operations.reserve(holder="slow", quantities={first: 1, second: 1})
    lapse("slow")
    operations.reserve(holder="quick", quantities={first: 1})

    with pytest.raises(HoldLost):
        operations.claim(holder="slow")
    with pytest.raises(OutOfStock):
        operations.claim(holder="slow", quantities={first: 1, second: 1})

    assert states("slow") == ["expired", "released"]
    assert counts(second) == (1, 0)


def test_releasing_what_was_sold_changes_nothing(variant_id: int) -> None:
    operations.claim(holder="order-1")

    operations.release(holder="order-1")

    assert counts(variant_id) == (7, 0)
    assert states("order-1") == ["claimed"]
