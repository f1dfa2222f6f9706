from collections.abc import Hashable

from django.http import HttpRequest
from wagtail.models import Page


def memory_key(page: Page, request: HttpRequest) -> Hashable | None:
    """Return what a live page's content is remembered by; nothing for a preview."""
    if getattr(request, "is_preview", False):
        return None
    return (page.pk, page.live_revision_id, page.last_published_at)
