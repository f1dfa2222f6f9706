"""What a broker or a worker that is away costs."""

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError


@pytest.mark.parametrize(("setting", "pauses"), [({}, False), ({"task_publish_retry": True}, True)])
def test_a_broker_that_is_away_costs_no_time(
    monkeypatch: pytest.MonkeyPatch, setting: dict[str, bool], pauses: bool
) -> None:
    """Control: with Celery's own setting each of these pauses, 0.6 seconds in all."""
    app = Celery("nobody", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(
        task_always_eager=False, broker_url=f"redis://127.0.0.1:9/{int(pauses)}", **setting
    )

    @app.task(name="nothing", shared=False)
    def task() -> None:
        pass

    slept: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", slept.append)

    with pytest.raises(OperationalError):
        task.delay()

    assert bool(slept) == pauses


def test_what_is_repeated_does_not_pile_up_while_the_workers_are_away() -> None:
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["schedule"] <= entry["options"]["expires"] <= max(60, entry["schedule"])
