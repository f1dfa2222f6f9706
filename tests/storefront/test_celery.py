"""What a broker or a worker that is away costs."""

import time

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError


def test_a_broker_that_is_away_costs_no_time() -> None:
    """Control: with Celery's own setting each of these takes 0.6 seconds."""
    app = Celery("nobody", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(task_always_eager=False, broker_url="redis://127.0.0.1:9/0")

    @app.task(name="nothing")
    def task() -> None:
        pass

    with pytest.raises(OperationalError):
        task.delay()  # what is imported on first use takes its time

    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(OperationalError):
            task.delay()

    assert time.monotonic() - began < 0.6


def test_what_is_repeated_does_not_pile_up_while_the_workers_are_away() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["schedule"] <= entry["options"]["expires"] <= max(60, entry["schedule"])
