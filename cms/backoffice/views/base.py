"""What every screen of the back office has in common: it needs a right."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from commerce.audit import operations as audit

from ..rights import full


class StaffScreen:
    """Refuse whoever lacks the right, sellers' people always."""

    right: str
    page_title: str
    parent: tuple[str, str] | None = None
    """View name and title of the screen above, in the breadcrumb."""
    reveals: str = ""
    """What personal data the screen shows, as the audit log calls looking at it."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_sellers = getattr(request, "seller_workspace", None) is not None
        if is_sellers or not request.user.has_perm(full(self.right)):
            raise PermissionDenied
        if self.reveals:
            audit.record(action=self.reveals, subject=self.audited_subject(), details=self.told())
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        if request.method == "POST" and answer.status_code < 400:
            name = request.resolver_match.view_name if request.resolver_match else ""
            audit.record(
                action=name.replace("backoffice:", "staff."), subject=self.audited_subject()
            )
        return answer

    def audited_subject(self) -> str:
        """Return what the log names: the number or id in the address."""
        return " ".join(str(value) for value in self.kwargs.values())

    def told(self) -> dict[str, Any]:
        """Return what else the log keeps: choices and counts, never what tells of a person."""
        return {}

    def get_page_title(self) -> str:
        return self.page_title

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [{"url": reverse("wagtailadmin_home"), "label": "Home"}]
        if self.parent is not None:
            name, title = self.parent
            items.append({"url": reverse(name), "label": title})
        return [*items, {"url": "", "label": self.get_page_title()}]
