"""A saved picture has its renditions made in the background."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import ShopImage
from .tasks import make_renditions

log = structlog.get_logger(__name__)

_later: ContextVar[bool] = ContextVar("renditions_left_for_later", default=False)


@contextmanager
def left_for_later() -> Iterator[None]:
    """Save many pictures without a task each; the caller starts `make_missing` at the end."""
    token = _later.set(True)
    try:
        yield
    finally:
        _later.reset(token)


@receiver(post_save, sender=ShopImage, dispatch_uid="media.make_renditions")
def schedule(sender: Any, instance: ShopImage, raw: bool = False, **_: Any) -> None:
    if raw or _later.get() or instance.sources.get("file") == instance.file.name:
        return
    transaction.on_commit(lambda: _enqueue(instance.pk))


def _enqueue(image_id: int) -> None:
    try:
        make_renditions.delay(image_id=image_id)
    except Exception as error:
        # The nightly walk over incomplete pictures finds it.
        log.warning("media.renditions_not_scheduled", image_id=image_id, error=repr(error))
