"""Bulk work does not flood the workers, and a rebuild answers for what it replaced."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import transaction

from commerce.kernel import clock
from commerce.outbox import bus, facts, operations, queries
from commerce.outbox.models import Delivery

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class CrateArrived(facts.Fact):
    name: ClassVar[str] = "tests.crate-arrived.v1"


def count(fact: CrateArrived) -> None: ...


@pytest.fixture
def nudged(monkeypatch):
    """Return the deliveries that workers were told of."""
    told = []
    monkeypatch.setattr(bus.deliver_all, "delay", lambda *, delivery_ids: told.extend(delivery_ids))
    monkeypatch.setattr(facts, "_handlers", dict(facts._handlers))
    facts._heard_by[CrateArrived.name] = []
    facts.subscribe(CrateArrived)(count)
    yield told
    del facts._heard_by[CrateArrived.name]


def test_quiet_facts_are_left_to_the_sweep(nudged, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        with bus.quietly():
            bus.publish(CrateArrived())
        bus.publish(CrateArrived())

    waiting = queries.due_deliveries(limit=10)
    assert len(waiting) == 2
    assert nudged == waiting[1:]


def test_a_rebuild_settles_what_came_before_it_and_nothing_else(nudged):
    with transaction.atomic():
        bus.publish(CrateArrived())
    began = clock.now()
    with transaction.atomic():
        bus.publish(CrateArrived())
    other = Delivery.objects.order_by("pk")[0]
    other.pk, other.subscriber = None, "elsewhere.count"
    other.save()

    assert operations.settle(subscribers=count.__module__, before=began) == 1
    assert Delivery.objects.filter(delivered_at=None).count() == 2
    assert operations.settle(subscribers=count.__module__, before=began) == 0
