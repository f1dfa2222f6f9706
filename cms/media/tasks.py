from uuid import uuid4

from celery import shared_task
from django.core.cache import cache
from wagtail.images.models import SourceImageIOError

from . import operations, queries

WALKING = "media.walking"
STALLED_AFTER = 120
"""Seconds after which a walk that was killed may be begun anew."""


@shared_task
def make_renditions(*, image_id: int, **_: object) -> None:
    """Run after an upload."""
    try:
        operations.make_renditions(image_id=image_id)
    except SourceImageIOError as error:
        operations.log.warning("media.source_unreadable", image_id=image_id, error=str(error))


@shared_task
def make_missing(*, after: int = 0, walk: str = "", **_: object) -> None:
    """Walk through all pictures, one a task, so that other work gets its turn between them.

    One walk at a time: a second one ends at once, as the first will come by.
    """
    if not walk:
        walk = uuid4().hex
        if not cache.add(WALKING, walk, STALLED_AFTER):
            return
    elif cache.get(WALKING, walk) != walk:
        return
    image_id = queries.next_incomplete(after=after)
    if image_id is None:
        cache.delete(WALKING)
        return
    cache.set(WALKING, walk, STALLED_AFTER)
    make_renditions(image_id=image_id)
    make_missing.delay(after=image_id, walk=walk)
