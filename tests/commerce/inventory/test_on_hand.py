import pytest

from commerce.inventory import operations, queries
from commerce.inventory.operations import BelowReserved, NegativeStock
from commerce.inventory.types import StockInput
from commerce.kernel.actor import acting_as
from commerce.outbox.models import Event
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import stock_up
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def on_hand(variant_id: int) -> int:
    return queries.available(variant_ids=[variant_id])[variant_id].on_hand


def test_a_count_leaves_a_movement_with_cause_and_actor() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)

    with acting_as("user:7"):
        operations.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=4, cause="recount"
        )

    told = [
        (m.delta, m.on_hand, m.cause, m.actor) for m in queries.movements(variant_ids=[variant_id])
    ]
    assert told == [(-6, 4, "recount", "user:7"), (10, 10, "opening count", "system")]


def test_the_same_count_again_is_no_news() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)
    Event.objects.all().delete()

    operations.set_on_hand(
        variant_id=variant_id, location_id=location_id, on_hand=10, cause="recount"
    )

    assert len(queries.movements(variant_ids=[variant_id])) == 1
    assert not Event.objects.exists()


def test_a_count_below_what_is_promised_is_refused() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)
    operations.reserve(holder="order-1", quantities={variant_id: 4})

    with pytest.raises(BelowReserved) as refusal:
        operations.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=3, cause="recount"
        )

    assert refusal.value.reserved == 4
    assert on_hand(variant_id) == 10


def test_a_batch_is_all_or_nothing_and_names_every_variant_that_hinders() -> None:
    first, second, third = make_variants(skus=["FIRST", "SECOND", "THIRD"]).values()
    location_id = stock_up(first, 5)
    stock_up(second, 5)
    stock_up(third, 5)
    operations.reserve(holder="order-1", quantities={first: 2, third: 3})

    with pytest.raises(BelowReserved) as refusal:
        operations.set_many(
            counts=[
                StockInput(variant_id=variant_id, location_id=location_id, on_hand=1)
                for variant_id in (first, second, third)
            ],
            cause="import",
        )

    assert refusal.value.shortages == {first: 2, third: 3}
    assert on_hand(second) == 5


def test_a_batch_of_any_size_takes_three_statements() -> None:
    ids = list(make_variants(skus=[f"S{n}" for n in range(30)]).values())
    location_id = stock_up(ids[0], 1)

    with counted() as statements:
        operations.set_many(
            counts=[
                StockInput(variant_id=variant_id, location_id=location_id, on_hand=9)
                for variant_id in ids
            ],
            cause="import",
        )

    plain = [text for text in statements if "outbox_" not in text]
    assert len(plain) == 2
    assert sum(on_hand(variant_id) for variant_id in ids) == 270


def test_the_last_count_of_a_row_wins() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 1)

    operations.set_many(
        counts=[
            StockInput(variant_id=variant_id, location_id=location_id, on_hand=count)
            for count in (5, 7)
        ],
        cause="import",
    )

    assert on_hand(variant_id) == 7


@pytest.mark.parametrize("count", [-1, 3_000_000_000])
def test_impossible_counts_are_refused(count: int) -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 1)

    with pytest.raises(NegativeStock):
        operations.set_on_hand(
            variant_id=variant_id, location_id=location_id, on_hand=count, cause="typo"
        )


def test_an_adjustment_adds_and_takes() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)

    for delta in (5, -3):
        operations.adjust(
            variant_id=variant_id, location_id=location_id, delta=delta, cause="found"
        )

    assert on_hand(variant_id) == 12


def test_an_adjustment_below_what_is_promised_is_refused_and_the_transaction_goes_on() -> None:
    variant_id = make_variant()
    location_id = stock_up(variant_id, 10)
    operations.reserve(holder="order-1", quantities={variant_id: 4})

    for delta, refusal in ((-7, BelowReserved), (-11, NegativeStock)):
        with pytest.raises(refusal):
            operations.adjust(
                variant_id=variant_id, location_id=location_id, delta=delta, cause="broken"
            )

    assert on_hand(variant_id) == 10


def test_an_adjustment_makes_the_row_when_there_is_none() -> None:
    first, second = make_variants(skus=["FIRST", "SECOND"]).values()
    location_id = stock_up(first, 1)

    operations.adjust(variant_id=second, location_id=location_id, delta=4, cause="delivery")

    assert on_hand(second) == 4


def test_a_location_is_made_once() -> None:
    variant_id = make_variant()

    assert stock_up(variant_id, 1) == stock_up(variant_id, 2)


def test_availability_sums_locations_and_knows_low() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 3, place="Front")
    stock_up(variant_id, 4, place="Back")
    operations.reserve(holder="order-1", quantities={variant_id: 2})

    stock = queries.available(variant_ids=[variant_id, 0])

    assert stock.keys() == {variant_id}
    assert (stock[variant_id].on_hand, stock[variant_id].available) == (7, 5)
    assert stock[variant_id].is_low
    assert [level.on_hand for level in queries.levels(variant_ids=[variant_id])[variant_id]] == [
        3,
        4,
    ]
