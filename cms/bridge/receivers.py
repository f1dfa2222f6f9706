"""Wagtail's signals, each handed to one operation."""

from typing import Any

import structlog
from django.db import transaction
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import (
    copy_for_translation_done,
    page_published,
    page_slug_changed,
    page_unpublished,
    post_page_move,
)

from cms.media.signals import renditions_ready
from cms.pages.models import CategoryPage, ProductPage

from . import operations, tasks

log = structlog.get_logger(__name__)


@receiver(page_published, sender=ProductPage, dispatch_uid="bridge.published")
def published(instance: ProductPage, **_: Any) -> None:
    operations.publish(instance)


@receiver(page_unpublished, sender=ProductPage, dispatch_uid="bridge.unpublished")
def unpublished(instance: ProductPage, **_: Any) -> None:
    operations.withdraw(instance)


@receiver(copy_for_translation_done, dispatch_uid="bridge.translated")
def translated(source_obj: Any, target_obj: Any, **_: Any) -> None:
    if isinstance(target_obj, ProductPage):
        operations.keep_product(source=source_obj, translation=target_obj)


@receiver(page_slug_changed, dispatch_uid="bridge.slug_changed")
def slug_changed(instance: Page, **_: Any) -> None:
    _reproject(instance)


@receiver(post_page_move, dispatch_uid="bridge.moved")
def moved(instance: Page, **_: Any) -> None:
    _reproject(instance)


@receiver(renditions_ready, dispatch_uid="bridge.renditions_ready")
def pictures_ready(image_id: int, **_: Any) -> None:
    operations.reproject_image(image_id=image_id)


def _reproject(page: Page) -> None:
    """Addresses or shelves below the page changed, and Wagtail tells of the page alone."""
    task = (
        tasks.reproject_category
        if issubclass(page.specific_class, CategoryPage)
        else tasks.reproject_below
    )
    transaction.on_commit(lambda: _enqueue(task, page.pk))


def _enqueue(task: Any, page_id: int) -> None:
    try:
        task.delay(page_id=page_id)
    except Exception as error:
        # Reconciliation finds what differs.
        log.warning("bridge.reprojection_not_scheduled", page_id=page_id, error=repr(error))
