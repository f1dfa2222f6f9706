from datetime import timedelta

import pytest

from commerce.inventory import operations, queries, tasks
from commerce.inventory.operations import HoldLost
from commerce.outbox.models import Event
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up

pytestmark = pytest.mark.django_db


def reserved(variant_id: int) -> int:
    return queries.available(variant_ids=[variant_id])[variant_id].reserved


def test_released_units_are_free_again() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 5)
    operations.reserve(holder="order-1", quantities={variant_id: 5})

    operations.release(holder="order-1")
    operations.release(holder="order-1")

    assert reserved(variant_id) == 0


def test_a_shelf_that_fills_again_is_reported() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 2)
    operations.reserve(holder="order-1", quantities={variant_id: 2})
    Event.objects.all().delete()

    operations.release(holder="order-1")

    assert [event.payload for event in Event.objects.all()] == [{"variant_ids": [variant_id]}]


def test_only_lapsed_holds_are_swept() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    operations.reserve(holder="early", quantities={variant_id: 3})
    operations.reserve(holder="late", quantities={variant_id: 4})
    lapse("early")

    ended = operations.release_lapsed()

    assert ended == 1
    assert reserved(variant_id) == 4


def test_the_sweep_takes_a_batch_at_a_time() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    for number in range(3):
        operations.reserve(holder=f"h{number}", quantities={variant_id: 1})
        lapse(f"h{number}")

    assert [operations.release_lapsed(limit=2) for _ in range(3)] == [2, 1, 0]


def test_the_sweep_goes_on_until_less_than_a_batch_is_left() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 10)
    for number in range(7):
        operations.reserve(holder=f"h{number}", quantities={variant_id: 1})
        lapse(f"h{number}")

    assert operations.release_lapsed(limit=2, batches=2) == 4
    assert operations.release_lapsed(limit=2, batches=9) == 3
    assert reserved(variant_id) == 0


def test_the_task_sweeps() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="early", quantities={variant_id: 1})
    lapse("early")

    tasks.release_lapsed()

    assert reserved(variant_id) == 0


def test_time_is_extended_once_and_never_beyond_an_hour() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="order-1", quantities={variant_id: 1}, minutes=15)
    first = queries.held_by(holder="order-1")[0].expires_at

    longer = operations.extend(holder="order-1", minutes=600)
    again = operations.extend(holder="order-1", minutes=600)

    assert longer == again == first + timedelta(minutes=45)


def test_what_has_lapsed_cannot_be_extended() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="order-1", quantities={variant_id: 1})
    lapse("order-1")

    with pytest.raises(HoldLost):
        operations.extend(holder="order-1")


def test_what_is_lost_cannot_be_extended() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 1)
    operations.reserve(holder="order-1", quantities={variant_id: 1})
    operations.release(holder="order-1")

    with pytest.raises(HoldLost):
        operations.extend(holder="order-1")
