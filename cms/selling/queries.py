"""What belongs to a seller in the admin."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from wagtail.admin.models import EditingSession
from wagtail.models import Page

from cms.media.models import ShopImage
from cms.pages.models import CategoryPage
from commerce.orders.models import OrderEvent, SellerOrder
from commerce.payouts.models import Payout
from commerce.sellers import queries as sellers

from .models import Workspace


class NoSeller(LookupError):
    """Rows that belong to sellers were asked for without naming one."""


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

    @property
    def is_suspended(self) -> bool:
        """Whether nothing is to be written or sold; open orders are still sent."""
        return self.state != "active"


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


def own_orders(*, seller_id: int) -> QuerySet[SellerOrder]:
    """Return a seller's paid parts with how many items each holds. Raises NoSeller."""
    rows = SellerOrder.objects.filter(seller_id=_known(seller_id), confirmed_at__isnull=False)
    return rows.select_related("order").annotate(items=Sum("lines__quantity"))


def moves_of(*, seller_id: int, seller_order_id: int) -> list[OrderEvent]:
    """Return what happened to one of a seller's own parts, oldest first. Raises NoSeller."""
    rows = OrderEvent.objects.filter(
        seller_order_id=seller_order_id, seller_order__seller_id=_known(seller_id)
    )
    return list(rows.order_by("at", "pk"))


def own_payouts(*, seller_id: int) -> QuerySet[Payout]:
    """Return a seller's payouts with how many orders each pays for. Raises NoSeller."""
    return Payout.objects.filter(seller_id=_known(seller_id)).annotate(orders=Count("earnings"))


def _known(seller_id: int) -> int:
    if not seller_id:
        raise NoSeller
    return seller_id
