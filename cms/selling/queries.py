"""What belongs to a seller in the admin."""

from dataclasses import dataclass

from django.db.models import QuerySet
from wagtail.admin.models import EditingSession
from wagtail.models import Page

from cms.media.models import ShopImage
from cms.pages.models import CategoryPage
from commerce.sellers import queries as sellers

from .models import Workspace


@dataclass(frozen=True, kw_only=True)
class WorkspaceData:
    """A seller's place in the admin, as one of its people sees it."""

    seller_id: int
    seller_name: str
    state: str
    role: str
    page_id: int
    page_path: str
    collection_id: int
    group_id: int


def workspace_of(*, user_id: int) -> WorkspaceData | None:
    """Return the workspace of the seller the person works for, if any."""
    membership = sellers.seller_of(user_id=user_id)
    if membership is None:
        return None
    row = (
        Workspace.objects.filter(seller_id=membership.seller_id)
        .values_list("page_id", "page__path", "collection_id", "group_id")
        .first()
    )
    page_id, page_path, collection_id, group_id = row or (0, "-", 0, 0)
    return WorkspaceData(
        seller_id=membership.seller_id,
        seller_name=membership.seller_name,
        state=membership.seller_state,
        role=membership.role,
        page_id=page_id,
        page_path=page_path,
        collection_id=collection_id,
        group_id=group_id,
    )


def owns_page(*, workspace: WorkspaceData, page_id: int) -> bool:
    """Tell whether a page is the seller's own page or lies below it."""
    return Page.objects.filter(pk=page_id, path__startswith=workspace.page_path).exists()


def owns_image(*, workspace: WorkspaceData, image_id: int) -> bool:
    """Tell whether an image lies in the seller's own collection."""
    return ShopImage.objects.filter(pk=image_id, collection_id=workspace.collection_id).exists()


def owns_editing_session(*, workspace: WorkspaceData, session_id: int) -> bool:
    """Tell whether an editing session is about one of the seller's pages."""
    session = EditingSession.objects.filter(pk=session_id).first()
    return session is not None and (
        str(session.object_id).isdecimal()
        and owns_page(workspace=workspace, page_id=int(session.object_id))
    )


def choosable_pages(*, workspace: WorkspaceData, pages: QuerySet[Page]) -> QuerySet[Page]:
    """Narrow pages to the live categories and the seller's own."""
    categories = CategoryPage.objects.live().values("pk")
    own = pages.filter(path__startswith=workspace.page_path)
    return own | pages.filter(pk__in=categories)


def may_browse(*, workspace: WorkspaceData, page_id: int) -> bool:
    """Tell whether a chooser may open a page: own, a category, or on the way to one."""
    if owns_page(workspace=workspace, page_id=page_id):
        return True
    page = Page.objects.filter(pk=page_id).only("path", "depth").first()
    if page is None:
        return False
    on_the_way = workspace.page_path.startswith(page.path)
    return on_the_way or CategoryPage.objects.live().filter(path__startswith=page.path).exists()
