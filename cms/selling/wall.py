"""The wall around sellers in the Wagtail admin: deny by default, answer 404.

Wagtail's own permissions stay in force behind it; this is the outer of several
guards (own screens that need a seller, chooser hooks, collections, groups).
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from commerce.kernel.confinement import confine_stream, confined, unconfined

from . import queries
from .policy import NOT_CONFINED, Door, Work, detour_of, policy_of

Handler = Callable[[HttpRequest], HttpResponse]
Arguments = dict[str, Any]

MOST_DIGITS = 18
EVERYBODYS = {"admin-login", "wagtailadmin_login", "wagtailadmin_logout"}
PAGE_MODELS = {("pages", "productpage"), ("pages", "sellerpage"), ("wagtailcore", "page")}


class VisitMiddleware:
    """A preview asks for a page as a visitor does, inside the request of a seller's editor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/"):
            return self.get_response(request)
        with unconfined():
            return self.get_response(request)


class SellerWallMiddleware:
    """Let a seller's people through declared doors only; shoppers through none.

    Staff are Wagtail's business. Somebody who worked for a seller and does no
    longer is nobody here, whatever group is still to be left.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as stack:
            request.confinement = stack  # type: ignore[attr-defined]
            response = self.get_response(request)
        seller_id = getattr(request, "confined_to", None)
        if seller_id and isinstance(response, StreamingHttpResponse):
            response.streaming_content = confine_stream(
                response.streaming_content, seller_id=seller_id
            )
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],
        kwargs: Arguments,
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not match.route.startswith("admin/"):
            return None
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        workspace = queries.workspace_of(user_id=request.user.pk)
        if workspace is not None:
            request.seller_workspace = workspace  # type: ignore[attr-defined]
            request.user.__dict__["works_for_seller"] = workspace.seller_id
            answer = _enter(request, match.view_name, workspace, kwargs)
            if answer is None and match.view_name not in NOT_CONFINED:
                _confine(request, workspace.seller_id)
            return answer
        if match.view_name in EVERYBODYS or _is_staff(request):
            return None
        raise Http404


def _confine(request: HttpRequest, seller_id: int) -> None:
    """Let the database show this request the seller's own rows alone, whatever is asked."""
    stack: ExitStack = request.confinement  # type: ignore[attr-defined]
    stack.enter_context(confined(seller_id=seller_id))
    request.confined_to = seller_id  # type: ignore[attr-defined]


def _is_staff(request: HttpRequest) -> bool:
    user = request.user
    return user.has_perm("wagtailadmin.access_admin") and (
        user.is_superuser or not queries.is_in_sellers_group(user_id=cast("int", user.pk))
    )


def _enter(
    request: HttpRequest, name: str, workspace: queries.WorkspaceData, kwargs: Arguments
) -> HttpResponse | None:
    door, work = policy_of(name) or (Door.REFUSED, Work.ANYONE)
    if workspace.role not in work.value:
        raise Http404
    if workspace.is_suspended and work is Work.CONTENT:
        raise Http404
    if door is Door.DETOUR and request.method == "GET":
        return redirect(detour_of(name))
    if door is Door.PAGE_CHOICE:
        _offer_pages_alone(request)
    if door is Door.PAGE_CHOICE and name == "wagtailadmin_choose_page":
        return _choose_from_the_start(request, workspace)
    if not _is_own(request, door, workspace, kwargs):
        raise Http404
    return None


def _is_own(
    request: HttpRequest, door: Door, workspace: queries.WorkspaceData, kwargs: Arguments
) -> bool:
    match door:
        case Door.OPEN | Door.SCOPED:
            return True
        case Door.OWN_PAGE:
            return _owns_page(workspace, kwargs)
        case Door.OWN_PRODUCT_PAGE:
            page_id = _number(kwargs, "page_id")
            return page_id != workspace.page_id and _owns_page(workspace, kwargs)
        case Door.OWN_IMAGE:
            image_id = _number(kwargs, "image_id", "pk")
            return queries.owns_images(workspace=workspace, image_ids=[image_id])
        case Door.OWN_IMAGES:
            wanted = request.GET.getlist("id")
            return all(
                each.isdecimal() and len(each) <= MOST_DIGITS for each in wanted
            ) and queries.owns_images(workspace=workspace, image_ids=map(int, wanted))
        case Door.PAGE_CHOICE:
            parent = kwargs.get("parent_page_id")
            return parent is None or queries.may_browse(workspace=workspace, page_id=int(parent))
        case _:
            return False


def _owns_page(workspace: queries.WorkspaceData, kwargs: Arguments) -> bool:
    if "app_label" in kwargs:  # an editing session names any kind of object
        if (kwargs["app_label"], kwargs.get("model_name")) not in PAGE_MODELS:
            return False
        return queries.owns_page(workspace=workspace, page_id=_number(kwargs, "object_id"))
    if "session_id" in kwargs:
        return queries.owns_editing_session(
            workspace=workspace, session_id=_number(kwargs, "session_id")
        )
    return queries.owns_page(workspace=workspace, page_id=_number(kwargs, "page_id", "pk"))


def _offer_pages_alone(request: HttpRequest) -> None:
    """Show no tabs for links of other kinds: their addresses are closed to sellers."""
    asked = request.GET.copy()
    for other in ("external", "email", "phone", "anchor"):
        asked.pop(f"allow_{other}_link", None)
    request.GET = asked  # type: ignore[assignment]


def _choose_from_the_start(
    request: HttpRequest, workspace: queries.WorkspaceData
) -> HttpResponse | None:
    """Start a page chooser where the seller may look.

    Wagtail would start at the common ancestor of all pages of the type, which
    can be another seller's page, and shows its title.
    """
    categories = "category" in request.GET.get("page_type", "").lower()
    start = queries.category_root() if categories else workspace.page_id
    if not start:
        raise Http404
    address = reverse("wagtailadmin_choose_page_child", args=[start])
    return redirect(f"{address}?{request.GET.urlencode()}")


def _number(kwargs: Arguments, *names: str) -> int:
    value = next((kwargs[name] for name in names if name in kwargs), None)
    if value is None or not str(value).isdecimal() or len(str(value)) > MOST_DIGITS:
        raise Http404
    return int(value)
