"""Counts on a schedule: when they fall due, what they ask for, who is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.catalog import queries as catalog
from commerce.inventory import operations, queries, scheduling, tasks
from commerce.inventory.models import CountNotice, CountSheet, Stock
from commerce.inventory.types import CountPlan
from commerce.notifications.models import Message
from commerce.outbox.models import Delivery, Event
from commerce.outbox.operations import deliver
from commerce.sellers.models import Seller
from tests.factories.catalog import make_variants
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_member, make_seller
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


class Place:
    """A location with some SKUs."""

    def __init__(self, skus: int = 3, *, prefix: str = "SKU") -> None:
        found = make_variants(skus=[f"{prefix}-{number}" for number in range(skus)])
        self.variant_ids = list(found.values())
        for variant_id in self.variant_ids:
            self.id = stock_up(variant_id, 10)
        first = self.variant_ids[0]
        self.seller_id = catalog.variants(variant_ids=[first])[first].seller_id

    def plan(self) -> CountPlan:
        [plan] = queries.count_plans(seller_ids=[self.seller_id])
        return plan

    def schedule(self, every: int | None = 90, at_once: int | None = None) -> None:
        operations.schedule_counts(
            seller_id=self.seller_id, location_id=self.id, every=every, at_once=at_once
        )

    def count(self, *, leave_out: int = 0, scheduled: bool = True) -> None:
        sheet_id = operations.start_count(
            seller_id=self.seller_id, location_id=self.id, scheduled=scheduled
        )
        rows = queries.count_rows(sheet_id=sheet_id)
        operations.enter_counts(
            seller_id=self.seller_id,
            sheet_id=sheet_id,
            counted={row.stock_id: row.expected for row in rows[leave_out:]},
        )
        operations.apply_count(seller_id=self.seller_id, sheet_id=sheet_id)

    def pass_days(self, days: int) -> None:
        """Let all that happened have happened so many days before."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, column in (
                ("inventory_location", "count_since"),
                ("inventory_countsheet", "ended_at"),
                ("inventory_countnotice", "due_at"),
            ):
                cursor.execute(
                    f"UPDATE {table} SET {column} = {column} - make_interval(days => %s)",  # noqa: S608
                    [days],
                )
            cursor.execute("SET LOCAL session_replication_role = origin")


def test_without_a_schedule_nothing_is_due() -> None:
    place = Place()

    assert queries.count_plans(seller_ids=[place.seller_id]) == []
    assert operations.tell_due_counts() == 0


def test_what_was_never_counted_is_due_at_once_and_a_count_puts_it_off() -> None:
    place = Place()
    place.schedule(every=30)
    assert place.plan().is_due

    place.count()

    plan = place.plan()
    assert not plan.is_due
    assert plan.due_at - plan.last == timedelta(days=30)
    place.pass_days(31)
    assert place.plan().is_due
    assert not place.plan().is_overdue
    place.pass_days(7)
    assert place.plan().is_overdue
    assert place.plan().days_late == 8


def test_an_old_count_makes_a_new_schedule_due_not_overdue() -> None:
    place = Place()
    place.count()
    place.pass_days(300)

    place.schedule(every=90)

    assert place.plan().is_due
    assert not place.plan().is_overdue


def test_another_interval_does_not_hide_what_is_overdue() -> None:
    place = Place()
    place.schedule(every=90)
    place.pass_days(20)

    place.schedule(every=91)

    assert place.plan().is_overdue


def test_a_count_that_leaves_stock_out_does_not_meet_the_schedule() -> None:
    place = Place()
    place.schedule()

    place.count(leave_out=1)

    assert place.plan().is_due
    [count] = queries.counts_of(seller_id=place.seller_id)
    assert not count.complete


def test_what_should_not_lie_there_needs_no_number() -> None:
    place = Place()
    place.schedule()
    first = Stock.objects.order_by("pk")[0]
    operations.set_on_hand(
        variant_id=first.variant_id, location_id=place.id, on_hand=0, cause="sold out"
    )

    place.count(leave_out=1)

    assert not place.plan().is_due


def test_an_empty_count_and_a_dropped_one_do_not_meet_the_schedule() -> None:
    place = Place()
    place.schedule()
    place.count(leave_out=3)
    sheet_id = operations.start_count(seller_id=place.seller_id, location_id=place.id)
    operations.drop_count(seller_id=place.seller_id, sheet_id=sheet_id)

    assert place.plan().is_due


def test_a_share_is_what_was_not_counted_for_longest() -> None:
    place = Place(skus=3)
    place.schedule(at_once=2)
    asked = []
    for _ in range(3):
        sheet_id = operations.start_count(
            seller_id=place.seller_id, location_id=place.id, scheduled=True
        )
        asked.append([row.stock_id for row in queries.count_rows(sheet_id=sheet_id)])
        place.count()
        place.pass_days(91)

    first, second, third = Stock.objects.order_by("pk").values_list("pk", flat=True)
    assert asked == [[first, second], [first, third], [first, second]]


def test_a_share_takes_no_number_for_what_it_does_not_ask() -> None:
    place = Place(skus=2)
    place.schedule(at_once=1)
    sheet_id = operations.start_count(
        seller_id=place.seller_id, location_id=place.id, scheduled=True
    )
    asked, other = Stock.objects.order_by("pk").values_list("pk", flat=True)

    operations.enter_counts(
        seller_id=place.seller_id, sheet_id=sheet_id, counted={asked: 9, other: 1}
    )

    assert [row.stock_id for row in queries.count_rows(sheet_id=sheet_id)] == [asked]
    assert operations.apply_count(seller_id=place.seller_id, sheet_id=sheet_id) == 1
    sheet_id = operations.start_count(
        seller_id=place.seller_id, location_id=place.id, scheduled=True
    )
    with pytest.raises(DatabaseError, match="does not ask for it"):
        run_sql(
            "INSERT INTO inventory_countline (sheet_id, stock_id, expected, counted)"
            " VALUES (%s, %s, 1, 1)",
            [sheet_id, asked],
        )


def test_a_count_begun_by_hand_asks_for_all() -> None:
    place = Place(skus=3)
    place.schedule(at_once=1)

    sheet_id = operations.start_count(seller_id=place.seller_id, location_id=place.id)

    assert len(queries.count_rows(sheet_id=sheet_id)) == 3


def test_a_due_count_is_prepared_and_told_once_and_once_more_when_overdue() -> None:
    place = Place()
    place.schedule()

    tasks.tell_due_counts()
    tasks.tell_due_counts()
    assert CountSheet.objects.filter(state="open").count() == 1
    assert Event.objects.filter(name="inventory.count-due.v1").count() == 1

    place.pass_days(8)
    assert [operations.tell_due_counts(), operations.tell_due_counts()] == [1, 0]
    assert list(CountNotice.objects.order_by("pk").values_list("stage", flat=True)) == [
        "due", "overdue"
    ]  # fmt: skip


def test_a_count_that_cannot_be_told_keeps_none_from_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = Place(), Place(prefix="CUP")
    first.schedule()
    second.schedule()
    start = scheduling.start_count

    def refuse(**given: Any) -> int:
        if given["location_id"] == first.id:
            raise DatabaseError("the shelf is away")
        return start(**given)

    monkeypatch.setattr(scheduling, "start_count", refuse)

    assert operations.tell_due_counts() == 1
    assert (first.plan().sheet_id, second.plan().sheet_id is None) == (None, False)


def test_a_prepared_count_that_was_dropped_is_not_forced_upon_anybody() -> None:
    place = Place()
    place.schedule()
    operations.tell_due_counts()
    sheet_id = place.plan().sheet_id
    operations.drop_count(seller_id=place.seller_id, sheet_id=sheet_id or 0)

    operations.tell_due_counts()

    assert place.plan().sheet_id is None


def test_the_next_round_is_told_anew() -> None:
    place = Place()
    place.schedule(every=10)
    operations.tell_due_counts()
    place.count()
    place.pass_days(11)

    assert operations.tell_due_counts() == 1


def test_owners_and_editors_get_the_mail_and_nobody_does_after_the_count() -> None:
    place = Place()
    seller = Seller.objects.get(pk=place.seller_id)
    make_member(seller, email="kim@brook.example", first_name="Kim")
    make_member(seller, email="packer@brook.example", first_name="Pat", role="packer")
    place.schedule(at_once=2)
    operations.tell_due_counts()
    work_off()

    [mail] = Message.objects.filter(kind="count_due")
    assert mail.recipient == "kim@brook.example"
    assert mail.subject == "A count of Main is due"
    assert "up to 2 SKUs" in mail.text
    assert f"/admin/selling/stock/counts/{place.plan().sheet_id}/" in mail.text

    place.pass_days(9)
    operations.tell_due_counts()
    place.count()
    work_off()
    assert Message.objects.filter(kind="count_due").count() == 1


def work_off() -> None:
    pending = Delivery.objects.filter(
        subscriber__startswith="commerce.notifications", delivered_at=None
    )
    for delivery in pending.order_by("pk"):
        deliver(delivery_id=delivery.pk)


def test_a_schedule_of_another_seller_cannot_be_set() -> None:
    place = Place()

    with pytest.raises(operations.LocationUnknown):
        operations.schedule_counts(seller_id=make_seller().pk, location_id=place.id, every=90)


@pytest.mark.parametrize(("every", "at_once"), [(0, None), (367, None), (90, 0), (90, 10_001)])
def test_a_schedule_out_of_range_is_refused(every: int, at_once: int | None) -> None:
    place = Place()

    with pytest.raises(operations.InvalidSchedule):
        place.schedule(every, at_once)


@pytest.mark.parametrize(
    "change",
    [
        "count_every = 0, count_since = now()",
        "count_every = 5",
        "count_at_once = 5",
        "count_since = now()",
    ],
)
def test_the_database_keeps_a_schedule_whole(change: str) -> None:
    Place()

    with pytest.raises(DatabaseError, match="a_schedule_is_whole"):
        run_sql(f"UPDATE inventory_location SET {change}")  # noqa: S608


def test_what_was_told_stays_told() -> None:
    place = Place()
    place.schedule()
    operations.tell_due_counts()

    with pytest.raises(DatabaseError, match="append-only"):
        run_sql("DELETE FROM inventory_countnotice")


def test_all_plans_cost_one_query(django_assert_num_queries) -> None:
    place = Place()
    place.schedule()

    with django_assert_num_queries(1):
        assert len(queries.count_plans()) == 1
