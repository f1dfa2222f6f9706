"""What of a page is remembered, and what is not because it is a draft."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from django.http import HttpRequest
from wagtail.models import Page

from ..memory import recall

T = TypeVar("T")


def memory_key(page: Page, request: HttpRequest) -> Hashable | None:
    """Return what a live page's content is remembered by; nothing for a preview."""
    if getattr(request, "is_preview", False):
        return None
    return getattr(page, "version", None) or (page.pk, page.live_revision_id)


def once(name: str, page: Page, request: HttpRequest, load: Callable[[], T]) -> T:
    """Return a part of a page, made once for visitors and each time for a preview."""
    key = memory_key(page, request)
    return recall((name, key), load) if key else load()
