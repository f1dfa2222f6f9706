"""A seller's sidebar: own screens only, by role."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.search import SearchArea
from wagtail.admin.ui.sidebar import LinkMenuItem

from .policy import Work
from .queries import WorkspaceData


class SellersItem(MenuItem):
    """Shown to those of a seller's people whose work it is, and to nobody else."""

    def __init__(self, label: str, url: Any, *, work: Work, icon_name: str, order: int) -> None:
        super().__init__(label, url, icon_name=icon_name, order=order)
        self.work = work

    def is_shown(self, request: HttpRequest) -> bool:
        workspace: WorkspaceData | None = getattr(request, "seller_workspace", None)
        if workspace is None or workspace.role not in self.work.value:
            return False
        return not (workspace.is_suspended and self.work is Work.CONTENT)


class StorePageItem(SellersItem):
    """Leads to the editor of the seller's own page."""

    def render_component(self, request: HttpRequest) -> LinkMenuItem:
        page_id = request.seller_workspace.page_id  # type: ignore[attr-defined]
        url = reverse("wagtailadmin_pages:edit", args=[page_id])
        return LinkMenuItem(self.name, self.label, url, icon_name=self.icon_name)

    def is_shown(self, request: HttpRequest) -> bool:
        return super().is_shown(request) and bool(request.seller_workspace.page_id)  # type: ignore[attr-defined]


class OrderSearch(SearchArea):
    """The sidebar's search looks through a seller's own orders."""

    def is_shown(self, request: HttpRequest) -> bool:
        return getattr(request, "seller_workspace", None) is not None


SEARCH = OrderSearch("Orders", reverse_lazy("selling:orders"), name="own-orders", order=-1)

ITEMS = [
    SellersItem(
        "Orders", reverse_lazy("selling:orders"),
        work=Work.ANYONE, icon_name="clipboard-list", order=100,
    ),
    SellersItem(
        "Invoices", reverse_lazy("selling:documents"),
        work=Work.ANYONE, icon_name="doc-full", order=105,
    ),
    SellersItem(
        "Requests", reverse_lazy("selling:requests"),
        work=Work.ANYONE, icon_name="rotate", order=105,
    ),
    SellersItem(
        "Prepared orders", reverse_lazy("selling:drafts"),
        work=Work.CONTENT, icon_name="link", order=106,
    ),
    SellersItem(
        "Products", reverse_lazy("selling:products"),
        work=Work.CONTENT, icon_name="tag", order=110,
    ),
    SellersItem(
        "Stock and prices", reverse_lazy("selling:stock"),
        work=Work.CONTENT, icon_name="boxes", order=120,
    ),
    SellersItem(
        "Shipping", reverse_lazy("selling:shipping"),
        work=Work.MONEY, icon_name="truck", order=128,
    ),
    SellersItem(
        "Price lists", reverse_lazy("selling:price_lists"),
        work=Work.MONEY, icon_name="tag", order=125,
    ),
    SellersItem(
        "Promotions", reverse_lazy("selling:promotions"),
        work=Work.MONEY, icon_name="tag", order=126,
    ),
    SellersItem(
        "Earnings", reverse_lazy("selling:earnings"),
        work=Work.MONEY, icon_name="coins", order=130,
    ),
    SellersItem(
        "Pictures", reverse_lazy("selling:pictures"),
        work=Work.CONTENT, icon_name="image", order=140,
    ),
    SellersItem(
        "Team", reverse_lazy("selling:team"),
        work=Work.MONEY, icon_name="group", order=145,
    ),
    StorePageItem("Store page", "", work=Work.CONTENT, icon_name="home", order=150),
]  # fmt: skip
