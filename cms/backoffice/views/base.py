"""What every screen of the back office has in common: it needs a right."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from ..rights import full


class StaffScreen:
    """Refuse whoever lacks the right, sellers' people always."""

    right: str
    page_title: str
    parent: tuple[str, str] | None = None
    """View name and title of the screen above, in the breadcrumb."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_sellers = getattr(request, "seller_workspace", None) is not None
        if is_sellers or not request.user.has_perm(full(self.right)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def get_page_title(self) -> str:
        return self.page_title

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [{"url": reverse("wagtailadmin_home"), "label": "Home"}]
        if self.parent is not None:
            name, title = self.parent
            items.append({"url": reverse(name), "label": title})
        return [*items, {"url": "", "label": self.get_page_title()}]
