"""Ended holds are cleared away when nothing asks for them any more; nothing else is."""

import pytest
from django.db import connection

from commerce.invariants import queries as invariants
from commerce.inventory import operations, statements, tasks
from commerce.inventory.models import Allocation, Reservation, StockMovement
from tests.factories.catalog import make_variant
from tests.factories.inventory import lapse, stock_up

pytestmark = pytest.mark.django_db
DAY = 24


@pytest.fixture
def mug() -> int:
    variant_id = make_variant()
    stock_up(variant_id, 9)
    return variant_id


def ended(mug: int, holder: str, *, days: int, by: str = "released") -> None:
    operations.reserve(holder=holder, quantities={mug: 1}, minutes=15)
    if by == "released":
        operations.release(holder=holder)
    lapse(holder, hours=days * DAY)
    if by == "expired":
        operations.release_lapsed()


def holders() -> list[str]:
    return sorted(Reservation.objects.values_list("holder", flat=True))


def test_what_ended_long_ago_is_cleared_and_what_ended_lately_stays(mug: int) -> None:
    ended(mug, "released-long-ago", days=31)
    ended(mug, "lapsed-long-ago", days=31, by="expired")
    ended(mug, "released", days=29)
    ended(mug, "lapsed", days=29, by="expired")

    assert operations.clear_ended() == 2
    assert holders() == ["lapsed", "released"]
    assert operations.clear_ended() == 0


def test_the_time_is_the_operators_choice(mug: int, settings) -> None:
    ended(mug, "old", days=5)
    assert operations.clear_ended() == 0

    settings.ENDED_HOLDS_DAYS = 4

    assert operations.clear_ended() == 1


def test_what_is_held_or_sold_is_never_cleared(mug: int) -> None:
    operations.reserve(holder="sold", quantities={mug: 1})
    operations.claim(holder="sold")
    operations.reserve(holder="held", quantities={mug: 2})
    for holder in ("sold", "held"):
        lapse(holder, hours=400 * DAY)
    movements = list(StockMovement.objects.order_by("pk").values())
    allocations = list(Allocation.objects.values())

    assert operations.clear_ended() == 0
    assert holders() == ["held", "sold"]
    assert list(StockMovement.objects.order_by("pk").values()) == movements
    assert list(Allocation.objects.values()) == allocations


def test_what_ended_beside_something_still_held_stays_until_that_ends_too(mug: int) -> None:
    ended(mug, "order", days=40)
    operations.reserve(holder="order", quantities={mug: 1})

    assert operations.clear_ended() == 0
    operations.claim(holder="order")
    assert operations.clear_ended() == 1
    assert Reservation.objects.get().state == "claimed"


def test_money_that_comes_after_all_was_cleared_takes_what_is_free(mug: int) -> None:
    ended(mug, "order", days=40, by="expired")
    operations.clear_ended()

    with pytest.raises(operations.HoldLost):
        operations.claim(holder="order")
    operations.claim(holder="order", quantities={mug: 1})

    assert Reservation.objects.get().state == "claimed"


def test_batches_go_on_until_nothing_is_left_or_it_was_enough(mug: int) -> None:
    for number in range(7):
        ended(mug, f"old-{number}", days=40)

    assert operations.clear_ended(batch=2, batches=2) == 4
    assert sorted(holders()) == [f"old-{n}" for n in (4, 5, 6)]
    assert operations.clear_ended(batch=2) == 3


def test_the_rules_of_stock_hold_after_clearing(mug: int) -> None:
    ended(mug, "old", days=40)
    operations.reserve(holder="held", quantities={mug: 2})
    operations.reserve(holder="sold", quantities={mug: 3})
    operations.claim(holder="sold")

    tasks.clear_ended()

    assert holders() == ["held", "sold"]
    assert [rule for rule in invariants.broken() if rule.code in {"INV1", "INV2", "INV5"}] == []


def test_clearing_finds_what_is_old_by_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + statements.CLEAR_ENDED, [30, 1000])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "ended_holds_by_deadline" in plan
