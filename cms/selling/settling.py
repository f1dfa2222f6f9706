"""Words that were proposed take effect when the version of the page that carries them goes live."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.dispatch import receiver
from wagtail.models import Revision
from wagtail.signals import page_published

from cms.pages.models import ProductPage

from . import refusals, shelf

log = structlog.get_logger(__name__)


@receiver(page_published, sender=ProductPage, dispatch_uid="selling.published")
def published(instance: ProductPage, **_: Any) -> None:
    settle(instance)


def settle(page: ProductPage) -> None:
    """Let the words that came with a page take effect, now that it is live. Repeating it is safe.

    What the catalog refuses by now (a SKU that somebody else took) is dropped and
    logged; the page is live all the same.
    """
    if not page.live or page.alias_of_id is not None or not page.proposed:
        return
    if page.product_id is not None:
        _apply(page.product_id, page.proposed)
    ProductPage.objects.filter(pk=page.pk).update(proposed={})
    for revision in Revision.objects.filter(
        pk__in={page.live_revision_id, page.latest_revision_id}
    ):
        if revision.content.get("proposed") == page.proposed:
            revision.content["proposed"] = {}
            revision.save(update_fields=["content"])
    page.proposed = {}


def _apply(product_id: int, words: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            shelf.take_words(product_id=product_id, words=words)
    except refusals.ALL as error:
        log.warning("selling.proposal_refused", product_id=product_id, error=repr(error))
