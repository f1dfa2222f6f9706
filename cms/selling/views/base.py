"""What every screen of a seller has in common: it exists only for that seller's people."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.views.generic.base import BaseListingView

from commerce.audit import operations as audit

from ..policy import Work
from ..queries import WorkspaceData


class SellerScreen:
    """Refuse to exist without a seller, whatever the wall in front of it let through."""

    work: Work
    page_title: str
    parent: tuple[str, str] | None = None
    """View name and title of the screen above, in the breadcrumb."""
    reveals: str = ""
    """What of shoppers' the screen shows, as the audit log calls looking at it."""

    request: HttpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        workspace: WorkspaceData | None = getattr(request, "seller_workspace", None)
        if workspace is None or workspace.role not in self.work.value:
            raise Http404
        self.workspace = workspace
        super().setup(request, *args, **kwargs)  # type: ignore[misc]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        what = " ".join(str(value) for value in (f"seller:{self.seller_id}", *kwargs.values()))
        if self.reveals and request.method in ("GET", "HEAD"):
            audit.record(action=self.reveals, subject=what)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        if request.method == "POST" and answer.status_code < 400:
            name = request.resolver_match.url_name if request.resolver_match else ""
            audit.record(action=f"seller.{name}", subject=what)
        return answer

    @property
    def seller_id(self) -> int:
        return self.workspace.seller_id

    @cached_property
    def is_owner(self) -> bool:
        return self.workspace.role == "owner"

    @cached_property
    def may_decide(self) -> bool:
        """Whether the person may give money back or spend it."""
        return self.workspace.role in Work.DECISIONS.value

    def get_page_title(self) -> str:
        return self.page_title

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [{"url": reverse("wagtailadmin_home"), "label": "Home"}]
        if self.parent is not None:
            name, title = self.parent
            items.append({"url": reverse(name), "label": title})
        return [*items, {"url": "", "label": self.get_page_title()}]


class Listing(BaseListingView):
    """A list that says in a sentence of its own what it means to be empty."""

    when_empty: str

    @cached_property
    def no_results_message(self) -> str:
        if self.is_searching or self.is_filtering:
            return str(super().no_results_message)
        return self.when_empty
