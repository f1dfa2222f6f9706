"""Telling the workers that there is something to do; a sweep finds what a lost nudge left."""

import structlog
from celery import current_app

log = structlog.get_logger(__name__)


def nudge(task: str, **values: object) -> None:
    """Start one of this module's tasks. With the broker away nothing is lost but time."""
    try:
        current_app.signature(f"commerce.payments.tasks.{task}", kwargs=values).delay()
    except Exception as error:
        log.warning("payments.nudge_lost", task=task, error=repr(error))
