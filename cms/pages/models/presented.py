"""What all pages of the shop have in common when they are shown."""

from typing import Any

from django.http import HttpRequest
from wagtail.models import Page, PageViewRestriction

from ..memory import recall


class Presented:
    """A page whose template is filled by `cms.pages.contexts`."""

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from .. import contexts  # they read the models

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)  # type: ignore[misc]
        return {**context, **contexts.of(self, request)}

    def get_view_restrictions(self) -> Any:
        """Return what keeps visitors out; nothing is asked while no page at all is restricted."""
        if not recall("any restrictions", PageViewRestriction.objects.exists):
            return PageViewRestriction.objects.none()
        return Page.get_view_restrictions(self)
