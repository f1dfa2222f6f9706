from celery import shared_task
from wagtail.images.models import SourceImageIOError

from . import operations, queries


@shared_task
def make_renditions(*, image_id: int, **_: object) -> None:
    """Run after an upload."""
    try:
        operations.make_renditions(image_id=image_id)
    except SourceImageIOError as error:
        operations.log.warning("media.source_unreadable", image_id=image_id, error=str(error))


@shared_task
def make_missing(*, after: int = 0, **_: object) -> None:
    """Walk through all pictures, one a task, so that other work gets its turn between them."""
    image_id = queries.next_incomplete(after=after)
    if image_id is None:
        return
    make_renditions(image_id=image_id)
    make_missing.delay(after=image_id)
