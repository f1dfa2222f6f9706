"""Counts of what lies there: differences, accuracy, goods of paid orders that are not found."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from commerce.catalog import queries as catalog
from commerce.inventory import operations, queries
from commerce.inventory.accuracy import share_found
from commerce.inventory.models import CountSheet, Stock
from commerce.inventory.types import PolicyData
from commerce.kernel import clock
from commerce.outbox.models import Event
from tests.factories.catalog import make_variant, make_variants
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_seller
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


class Count:
    """A count of the one location of one SKU."""

    def __init__(self, on_hand: int = 10) -> None:
        self.variant_id = make_variant()
        self.location_id = stock_up(self.variant_id, on_hand)
        self.seller_id = catalog.variants(variant_ids=[self.variant_id])[self.variant_id].seller_id
        self.stock_id = Stock.objects.get().pk
        self.sheet_id = 0

    def enter(self, counted: int | None) -> None:
        self.sheet_id = operations.start_count(
            seller_id=self.seller_id, location_id=self.location_id
        )
        operations.enter_counts(
            seller_id=self.seller_id, sheet_id=self.sheet_id, counted={self.stock_id: counted}
        )

    def apply(self) -> int:
        return operations.apply_count(seller_id=self.seller_id, sheet_id=self.sheet_id)

    def sell(self, units: int, holder: str = "order") -> None:
        operations.reserve(holder=holder, quantities={self.variant_id: units})
        operations.claim(holder=holder)

    @property
    def level(self):
        return queries.levels(variant_ids=[self.variant_id])[self.variant_id][0]


def test_a_difference_is_written_as_counted() -> None:
    count = Count(10)
    count.enter(8)

    assert count.apply() == 1

    last = queries.movements(variant_ids=[count.variant_id])[0]
    assert (last.delta, last.kind, last.reference) == (-2, "counted", f"count {count.sheet_id}")


def test_sold_goods_that_have_not_left_lie_there_too() -> None:
    count = Count(10)
    count.sell(4)

    (row,) = queries.count_rows(
        sheet_id=operations.start_count(seller_id=count.seller_id, location_id=count.location_id)
    )

    assert row.expected == 10


def test_the_shop_sells_on_while_it_is_counted() -> None:
    count = Count(10)
    count.enter(9)
    count.sell(4)

    count.apply()

    assert count.level.on_hand == 5


def test_the_accuracy_is_the_share_that_was_found_as_recorded() -> None:
    count = Count(200)
    count.enter(199)
    count.apply()

    assert queries.counts_of(seller_id=count.seller_id)[0].accuracy == 9950


def test_goods_of_paid_orders_that_are_not_found_are_shown_youngest_order_first() -> None:
    count = Count(5)
    count.sell(3, "old")
    count.sell(2, "young")
    count.enter(2)
    count.apply()

    missing = queries.unfulfillable(seller_id=count.seller_id)

    assert [(part.holder, part.quantity) for part in missing] == [("young", 2), ("old", 1)]
    assert (count.level.on_hand, count.level.missing) == (0, 3)


def test_an_order_whose_goods_are_gone_leaves_from_elsewhere() -> None:
    count = Count(5)
    count.sell(5)
    count.enter(3)
    count.apply()
    other = stock_up(count.variant_id, 4, place="Other")

    operations.move_allocation(
        holder="order", variant_id=count.variant_id, from_location=count.location_id,
        to_location=other, quantity=2,
    )  # fmt: skip

    assert queries.unfulfillable(seller_id=count.seller_id) == []
    parts = {part.location_id: part.quantity for part in queries.allocations(holder="order")}
    assert parts == {count.location_id: 3, other: 2}
    levels = {
        row.location_id: row
        for row in queries.levels(variant_ids=[count.variant_id])[count.variant_id]
    }
    assert (levels[other].on_hand, levels[count.location_id].on_hand) == (2, 0)


def test_units_that_are_there_after_all_return_to_the_shelf_when_an_order_moves() -> None:
    count = Count(5)
    count.sell(5)
    other = stock_up(count.variant_id, 4, place="Other")

    operations.move_allocation(
        holder="order", variant_id=count.variant_id, from_location=count.location_id,
        to_location=other, quantity=2,
    )  # fmt: skip

    levels = {
        row.location_id: row.on_hand
        for row in queries.levels(variant_ids=[count.variant_id])[count.variant_id]
    }
    assert levels == {count.location_id: 2, other: 2}


def test_nothing_moves_that_is_not_free_there() -> None:
    count = Count(5)
    count.sell(5)
    other = stock_up(count.variant_id, 1, place="Other")

    with pytest.raises(operations.NotEnoughThere):
        operations.move_allocation(
            holder="order", variant_id=count.variant_id, from_location=count.location_id,
            to_location=other, quantity=2,
        )  # fmt: skip
    with pytest.raises(operations.NothingToMove):
        operations.move_allocation(
            holder="nobody", variant_id=count.variant_id, from_location=count.location_id,
            to_location=other, quantity=1,
        )  # fmt: skip


def test_what_arrives_first_replaces_what_is_missing() -> None:
    count = Count(5)
    count.sell(5)
    count.enter(3)
    count.apply()

    operations.adjust(
        variant_id=count.variant_id, location_id=count.location_id, delta=3, cause="delivery"
    )

    assert (count.level.on_hand, count.level.missing) == (1, 0)


def test_a_shelf_that_checkouts_hold_keeps_what_is_promised() -> None:
    count = Count(5)
    operations.reserve(holder="a", quantities={count.variant_id: 4})
    count.enter(3)
    count.apply()

    assert (count.level.on_hand, count.level.missing) == (4, 1)


def test_units_that_are_sent_were_there_after_all() -> None:
    count = Count(5)
    count.sell(5)
    count.enter(3)
    count.apply()

    operations.depart(holder="order", quantities={count.variant_id: 5})

    assert count.level.missing == 0


def test_one_count_runs_per_location() -> None:
    count = Count()
    first = operations.start_count(seller_id=count.seller_id, location_id=count.location_id)

    again = operations.start_count(seller_id=count.seller_id, location_id=count.location_id)

    assert first == again


def test_a_count_that_ends_while_the_next_begins_is_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = Count(10)
    first = operations.start_count(seller_id=count.seller_id, location_id=count.location_id)
    begin = CountSheet.objects.bulk_create

    def begin_while_it_ends(*args: Any, **kwargs: Any) -> object:
        begun = begin(*args, **kwargs)
        earlier = CountSheet.objects.filter(pk=first, state="open")
        earlier.update(state="dropped", ended_at=clock.now())
        return begun

    monkeypatch.setattr(CountSheet.objects, "bulk_create", begin_while_it_ends)

    second = operations.start_count(seller_id=count.seller_id, location_id=count.location_id)

    assert second != first
    assert CountSheet.objects.get(state="open").pk == second


def test_a_number_can_be_taken_back_and_an_ended_count_is_closed() -> None:
    count = Count(10)
    count.enter(4)
    count.enter(None)

    assert count.apply() == 0
    assert count.level.on_hand == 10
    with pytest.raises(operations.CountEnded):
        count.apply()
    with pytest.raises(DatabaseError, match="the count has ended"):
        run_sql("UPDATE inventory_countsheet SET accuracy = 1")


def test_another_sellers_place_and_count_do_not_exist() -> None:
    count = Count()
    count.enter(3)
    stranger = make_seller().pk

    with pytest.raises(operations.LocationUnknown):
        operations.start_count(seller_id=stranger, location_id=count.location_id)
    with pytest.raises(operations.CountEnded):
        operations.apply_count(seller_id=stranger, sheet_id=count.sheet_id)
    assert queries.count_of(seller_id=stranger, sheet_id=count.sheet_id) is None


def told() -> list[list[int]]:
    facts = Event.objects.filter(name="inventory.stock-ran-low.v1").order_by("pk")
    return [fact.payload["variant_ids"] for fact in facts]


def test_low_stock_is_told_once_per_fall() -> None:
    low, plenty = make_variants(skus=["LOW", "PLENTY"]).values()
    location_id = stock_up(low, 5)
    stock_up(plenty, 6)

    operations.find_low()
    operations.find_low()
    assert told() == [[low]]

    operations.adjust(variant_id=low, location_id=location_id, delta=9, cause="delivery")
    operations.find_low()
    operations.adjust(variant_id=low, location_id=location_id, delta=-10, cause="broken")
    operations.find_low()
    assert told() == [[low], [low]]


def test_the_threshold_is_the_skus_own() -> None:
    variant_id = make_variant()
    stock_up(variant_id, 15)
    operations.set_policy(variant_id=variant_id, policy=PolicyData(low_at=20))

    assert operations.find_low() == 1


def low_shelves() -> list[list[list[int]]]:
    facts = Event.objects.filter(name="inventory.shelves-ran-low.v1").order_by("pk")
    return [fact.payload["places"] for fact in facts]


def test_a_location_has_a_threshold_of_its_own_and_is_told_of_once_per_fall() -> None:
    variant_id = make_variant()
    barn, store = stock_up(variant_id, 90, place="Barn"), stock_up(variant_id, 8, place="Store")
    operations.find_low()
    assert low_shelves() == []

    operations.set_low_here(variant_id=variant_id, thresholds={store: 8})
    operations.find_low()
    operations.find_low()
    assert low_shelves() == [[[variant_id, store]]]
    assert told() == []

    operations.transfer(
        variant_id=variant_id, from_location=barn, to_location=store, quantity=5, cause="refill"
    )
    operations.find_low()
    operations.adjust(variant_id=variant_id, location_id=store, delta=-6, cause="broken")
    operations.find_low()
    assert low_shelves() == [[[variant_id, store]]] * 2


def test_what_is_promised_there_is_not_free_there() -> None:
    variant_id = make_variant()
    store = stock_up(variant_id, 9, place="Store")
    operations.set_low_here(variant_id=variant_id, thresholds={store: 7})
    operations.reserve(holder="order", quantities={variant_id: 2})

    operations.find_low()

    assert low_shelves() == [[[variant_id, store]]]


def test_without_a_number_a_location_is_watched_no_longer() -> None:
    variant_id = make_variant()
    store = stock_up(variant_id, 9, place="Store")
    operations.set_low_here(variant_id=variant_id, thresholds={store: 9})
    operations.find_low()

    operations.set_low_here(variant_id=variant_id, thresholds={store: None})
    operations.find_low()
    operations.set_low_here(variant_id=variant_id, thresholds={store: 9})
    operations.find_low()

    assert low_shelves() == [[[variant_id, store]]] * 2


def test_a_threshold_that_cannot_be_is_refused() -> None:
    variant_id = make_variant()
    store = stock_up(variant_id, 9)

    with pytest.raises(operations.InvalidPolicy):
        operations.set_low_here(variant_id=variant_id, thresholds={store: -1})


def test_what_never_had_stock_is_not_low() -> None:
    stock_up(make_variant(), 0)

    assert operations.find_low() == 0


def alarms() -> list[Event]:
    return list(Event.objects.filter(name="inventory.stock-inaccurate.v1"))


def test_at_the_floor_nobody_is_alarmed_and_one_unit_below_it_is() -> None:
    count = Count(200)
    count.enter(199)
    count.apply()
    assert (queries.accuracy()[count.seller_id].text, alarms()) == ("99.50 %", [])

    count.enter(197)
    count.apply()

    [alarm] = alarms()
    found = queries.accuracy(seller_ids=[count.seller_id])[count.seller_id]
    assert (found.expected, found.wrong, found.is_low, found.floor_text) == (199, 2, True, "99.5 %")
    assert alarm.payload["seller_id"] == count.seller_id


def test_a_share_just_below_the_floor_is_not_rounded_up_to_it() -> None:
    assert share_found(expected=100_000, wrong=501) == 9_949
    assert share_found(expected=0, wrong=0) == 10_000
    assert share_found(expected=1, wrong=7) == 0


def test_the_last_count_of_a_sku_decides_and_old_ones_do_not() -> None:
    count = Count(10)
    count.enter(5)
    count.apply()
    assert queries.accuracy()[count.seller_id].is_low

    count.enter(5)
    count.apply()
    assert queries.accuracy()[count.seller_id].accuracy == 10_000
    assert len(alarms()) == 1

    run_sql("SET LOCAL session_replication_role = replica")
    CountSheet.objects.update(ended_at=clock.now() - timedelta(days=91))
    run_sql("SET LOCAL session_replication_role = origin")
    assert queries.accuracy() == {}


def test_sellers_are_judged_apart() -> None:
    count = Count(10)
    count.enter(5)
    count.apply()

    assert queries.accuracy(seller_ids=[make_seller().pk]) == {}
