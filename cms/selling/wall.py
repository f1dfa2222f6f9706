"""The wall around sellers in the Wagtail admin: deny by default, answer 404.

Wagtail's own permissions stay in force behind it; this is the outer of several
guards (own viewsets that need a seller, chooser hooks, collections, groups).
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from . import queries
from .policy import Door, policy_of

Handler = Callable[[HttpRequest], HttpResponse]

PAGE_ARGUMENTS = ("page_id", "parent_page_id", "page_to_move_id", "destination_page_id")
SUSPENDED_STATES = {"suspended", "closed"}


class SellerWallMiddleware:
    """Let a seller's people through declared doors only. Others are Wagtail's business."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not request.path.startswith("/admin/"):
            return None
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        workspace = queries.workspace_of(user_id=request.user.pk)
        if workspace is None:
            return None
        request.seller_workspace = workspace
        self._check(match.view_name, workspace, kwargs)
        return None

    def _check(self, name: str, workspace: queries.WorkspaceData, kwargs: dict[str, Any]) -> None:
        door, work = policy_of(name) or (Door.REFUSED, None)
        if door is Door.REFUSED or work is None or workspace.role not in work.value:
            raise Http404
        if workspace.state in SUSPENDED_STATES and work.name == "CONTENT":
            raise Http404
        if door is Door.OWN_PAGE and not self._own_pages(workspace, kwargs):
            raise Http404
        if door is Door.OWN_IMAGE and not queries.owns_image(
            workspace=workspace, image_id=self._number(kwargs, ("image_id", "pk"))
        ):
            raise Http404
        if door is Door.PAGE_CHOICE and not self._choice(workspace, kwargs):
            raise Http404

    def _own_pages(self, workspace: queries.WorkspaceData, kwargs: dict[str, Any]) -> bool:
        if "app_label" in kwargs:  # an editing session names any kind of object
            if kwargs.get("model_name") not in ("productpage", "sellerpage", "page"):
                return False
            return queries.owns_page(
                workspace=workspace, page_id=self._number(kwargs, ("object_id",))
            )
        if "session_id" in kwargs and len(kwargs) == 1:
            return queries.owns_editing_session(
                workspace=workspace, session_id=self._number(kwargs, ("session_id",))
            )
        named = [kwargs[key] for key in PAGE_ARGUMENTS if key in kwargs]
        return bool(named) and all(
            queries.owns_page(workspace=workspace, page_id=int(page_id)) for page_id in named
        )

    def _choice(self, workspace: queries.WorkspaceData, kwargs: dict[str, Any]) -> bool:
        parent = kwargs.get("parent_page_id")
        return parent is None or queries.may_browse(workspace=workspace, page_id=int(parent))

    def _number(self, kwargs: dict[str, Any], names: tuple[str, ...]) -> int:
        value = next((kwargs[name] for name in names if name in kwargs), None)
        if value is None or not str(value).isdecimal():
            raise Http404
        return int(value)
