"""The Celery application: `celery -A storefront worker`."""

import copy
import logging.config
import sys
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging
from django.dispatch import receiver
from django_structlog.celery import signals
from django_structlog.celery.steps import DjangoStructLogInitStep

from commerce.kernel.confinement import unconfined

from .chosen_settings import require_settings

if Path(sys.argv[0]).stem == "celery" or Path(sys.argv[0]).parent.name == "celery":
    require_settings()  # a worker or the scheduler, not somebody who only imports this


class ShopTask(Task):
    """What workers do is the marketplace's own, even where it runs at once, inside the
    request of a seller's that asked for it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with unconfined():
            return super().__call__(*args, **kwargs)


app = Celery("stoa", task_cls=ShopTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def log_like_the_web(loglevel: int | None = None, **_: Any) -> None:
    """Write the same lines as web processes, at the level of the command line."""
    from django.conf import settings

    config = copy.deepcopy(settings.LOGGING)
    if loglevel is not None:
        config["root"]["level"] = logging.getLevelName(loglevel)
    logging.config.dictConfig(config)


@receiver(signals.bind_extra_task_metadata)
def name_the_task(task: Any, **_: Any) -> None:
    """Let every line of a task say which task it is."""
    structlog.contextvars.bind_contextvars(task=task.name)
