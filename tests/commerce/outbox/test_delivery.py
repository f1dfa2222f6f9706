"""Facts commit with their change and reach each subscriber once, whatever dies on the way."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.db.models.functions import Now

from commerce.outbox import bus, facts, operations, queries, tasks
from commerce.outbox.models import Delivery, Event
from tests.support.race import race


@dataclass(frozen=True, kw_only=True)
class LampLit(facts.Fact):
    name: ClassVar[str] = "tests.lamp-lit.v1"
    lamp: str


@dataclass(frozen=True, kw_only=True)
class MothCame(facts.Fact):
    """What a subscriber leaves behind, so that its effect can be counted."""

    name: ClassVar[str] = "tests.moth-came.v1"
    lamp: str


def moth(fact: LampLit) -> None:
    time.sleep(0.05)
    bus.publish(MothCame(lamp=fact.lamp))


def broken_bat(fact: LampLit) -> None:
    bus.publish(MothCame(lamp=fact.lamp))
    raise RuntimeError("hit the window")


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Subscribe functions for the length of a test; nudges go nowhere, as with a broker away."""

    def nudge(**_: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(bus.deliver_all, "delay", nudge)
    monkeypatch.setattr(facts, "_handlers", dict(facts._handlers))
    facts._heard_by[LampLit.name] = []

    def register(*handlers: Callable[[LampLit], None]) -> None:
        for handler in handlers:
            facts.subscribe(LampLit)(handler)

    yield register
    del facts._heard_by[LampLit.name]


def light(lamp: str = "hall") -> None:
    with transaction.atomic():
        bus.publish(LampLit(lamp=lamp))


def moths() -> int:
    return Event.objects.filter(name=MothCame.name).count()


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused(hears):
    hears(moth)

    with pytest.raises(RuntimeError, match="inside a transaction"):
        bus.publish(LampLit(lamp="hall"))
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_fact_is_rolled_back_with_its_change(hears):
    hears(moth)

    with transaction.atomic():
        bus.publish(LampLit(lamp="hall"))
        transaction.set_rollback(True)

    assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_loses_nothing(hears):
    hears(moth)

    light()

    [due] = queries.due_deliveries(limit=10)
    assert operations.deliver(delivery_id=due) is True
    assert queries.due_deliveries(limit=10) == []
    assert moths() == 1


@pytest.mark.django_db(transaction=True)
def test_a_delivered_fact_is_not_delivered_again(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)

    assert [operations.deliver(delivery_id=due) for _ in range(3)] == [True, False, False]
    assert moths() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failing_subscriber_leaves_no_trace_and_holds_up_nobody(hears):
    hears(broken_bat, moth)
    light()
    first, second = queries.due_deliveries(limit=10)

    with pytest.raises(RuntimeError, match="hit the window"):
        operations.deliver(delivery_id=first)
    operations.deliver(delivery_id=second)

    assert moths() == 1
    failed = Delivery.objects.get(pk=first)
    assert (failed.attempts, failed.delivered_at) == (1, None)
    assert failed.last_error == "RuntimeError('hit the window')"
    assert queries.due_deliveries(limit=10) == []  # its next attempt lies ahead


@pytest.mark.django_db(transaction=True)
def test_after_five_tries_a_person_is_told_and_after_ten_nobody_tries_any_more(hears):
    hears(broken_bat)
    light()
    [due] = queries.due_deliveries(limit=10)
    told, tried_on = [], []

    for _ in range(queries.MAX_ATTEMPTS):
        Delivery.objects.update(due_at=Now())
        with pytest.raises(RuntimeError):
            operations.deliver(delivery_id=due)
        Delivery.objects.update(due_at=Now())
        told.append([row.id for row in queries.parked_deliveries(limit=10)])
        tried_on.append(queries.due_deliveries(limit=10))

    assert told == [[]] * 4 + [[due]] * 6
    assert tried_on == [[due]] * 9 + [[]]


@pytest.mark.django_db(transaction=True)
def test_what_a_person_gave_up_after_five_tries_is_not_tried_on(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)
    Delivery.objects.update(attempts=queries.TOLD_AFTER)

    assert operations.give_up(delivery_id=due, note="told by phone")

    assert queries.due_deliveries(limit=10) == []
    assert [operations.deliver(delivery_id=due, again=again) for again in (False, True)] == [
        False,
        False,
    ]
    assert moths() == 0


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_kills_its_worker_runs_out_of_tries_too(hears, monkeypatch):
    """What ends the process leaves no time for counting afterwards."""

    def kill(**_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(operations, "hand_over", kill)
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)

    for _ in range(queries.MAX_ATTEMPTS):
        Delivery.objects.update(due_at=Now())
        with pytest.raises(SystemExit):
            operations.deliver(delivery_id=due, again=True)
    Delivery.objects.update(due_at=Now())

    assert queries.due_deliveries(limit=10) == []
    assert operations.deliver(delivery_id=due) is False


@pytest.mark.django_db(transaction=True)
def test_a_fact_whose_nudge_was_lost_is_delivered_when_it_is_tried_again(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)

    assert [operations.deliver(delivery_id=due, again=True) for _ in range(2)] == [True, False]
    assert moths() == 1


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_that_no_code_answers_to_is_kept(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)
    Delivery.objects.update(subscriber="a.module.that.was.renamed")

    with pytest.raises(LookupError, match=r"a\.module\.that\.was\.renamed"):
        operations.deliver(delivery_id=due)
    assert Delivery.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_lock_eight_workers_run_it_more_than_once(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)

    def carelessly() -> None:
        with transaction.atomic():
            delivery = Delivery.objects.filter(pk=due, delivered_at=None).get()
            facts.hand_over(
                subscriber=delivery.subscriber, payload=Event.objects.get(name=LampLit.name).payload
            )
            Delivery.objects.filter(pk=due).update(delivered_at=Now())

    race(carelessly, times=8)
    assert moths() > 1


@pytest.mark.django_db(transaction=True)
def test_eight_workers_on_one_delivery_run_it_once(hears):
    hears(moth)
    light()
    [due] = queries.due_deliveries(limit=10)

    results = race(lambda: operations.deliver(delivery_id=due), times=8)

    assert sorted(map(str, results)) == ["False"] * 7 + ["True"]
    assert moths() == 1


def test_whoever_hangs_over_a_fact_is_ended(settings: Any) -> None:
    limits = (tasks.deliver.time_limit, tasks.deliver_all.time_limit)
    assert 0 < limits[0] < limits[1] < settings.CELERY_TASK_TIME_LIMIT
