"""What belongs to a seller in the admin."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from wagtail.admin.models import EditingSession
from wagtail.models import Page, WorkflowState

from cms.media.models import ShopImage
from cms.pages.models import CategoryIndexPage, CategoryPage, ProductPage, SellerPage
from commerce.catalog.models import Product, Variant
from commerce.documents.models import Document
from commerce.fulfillment.models import ShippingMethod, Zone
from commerce.inventory.models import CountSheet, Location, Stock
from commerce.orders.models import OrderEvent, OrderLine, SellerOrder
from commerce.payouts.models import Payout
from commerce.pricing.models import Price
from commerce.returns.models import Case as Request
from commerce.sellers import queries as sellers

from .models import Workspace
from .states import OPEN_STATES

SELLERS = "Sellers"
"""The group that lets a seller's people into the admin."""


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


def owns_images(*, workspace: WorkspaceData, image_ids: Iterable[int]) -> bool:
    """Tell whether all images lie in the seller's own collection."""
    wanted = set(image_ids)
    own = ShopImage.objects.filter(pk__in=wanted, collection_id=workspace.collection_id)
    return own.count() == len(wanted)


def owns_editing_session(*, workspace: WorkspaceData, session_id: int) -> bool:
    """Tell whether an editing session is about one of the seller's pages."""
    session = EditingSession.objects.filter(pk=session_id).first()
    return session is not None and (
        str(session.object_id).isdecimal()
        and owns_page(workspace=workspace, page_id=int(session.object_id))
    )


def choosable_pages(*, workspace: WorkspaceData, pages: QuerySet[Page]) -> QuerySet[Page]:
    """Narrow pages to the live categories, the seller's own, and the way to both."""
    own = Q(path__startswith=workspace.page_path)
    return pages.filter(own | Q(pk__in=_live_categories()) | Q(path__in=_way(workspace)))


def may_browse(*, workspace: WorkspaceData, page_id: int) -> bool:
    """Tell whether a chooser may open a page: own, a live category, or on the way to one."""
    page = Page.objects.filter(pk=page_id)
    return choosable_pages(workspace=workspace, pages=page).exists()


def category_root() -> int | None:
    """Return the page below which all categories stand."""
    return CategoryIndexPage.objects.order_by("pk").values_list("pk", flat=True).first()


def is_in_sellers_group(*, user_id: int) -> bool:
    """Tell whether somebody entered the admin as one of a seller's people."""
    return Group.objects.filter(name=SELLERS, user=user_id).exists()


def _live_categories() -> QuerySet[Page]:
    return CategoryPage.objects.live().values("pk")


def _way(workspace: WorkspaceData) -> set[str]:
    """Return the paths of the pages above the seller's own and above the categories."""
    root = CategoryIndexPage.objects.order_by("pk").values_list("path", flat=True).first() or ""
    steps = Page.steplen
    return {
        path[:length]
        for path in (workspace.page_path, root)
        for length in range(steps, len(path) + 1, steps)
        if path[:length] != workspace.page_path
    }


def own_orders(*, seller_id: int) -> QuerySet[SellerOrder]:
    """Return a seller's paid parts with their stage and how many items each holds.

    The stages are those of `states.stage_of`. Raises NoSeller.
    """
    rows = SellerOrder.objects.filter(seller_id=_known(seller_id), confirmed_at__isnull=False)
    lines = OrderLine.objects.filter(seller_order=OuterRef("pk")).order_by().values("seller_order")
    items = Subquery(lines.annotate(items=Sum("quantity")).values("items"))
    return staged(rows.select_related("order").annotate(items=items))


def staged(rows: QuerySet[SellerOrder]) -> QuerySet[Any]:
    """Add to parts of orders their stage, as `states.stage_of` tells it."""
    is_open = Q(state__in=OPEN_STATES)
    sent = OrderLine.objects.filter(seller_order=OuterRef("pk"), shipped_quantity__gt=0)
    stage = Case(
        When(is_open & Q(order__awaits_capture=True), then=Value("reserved")),
        When(Q(state="processing") & Exists(sent), then=Value("partly-shipped")),
        default=F("state"),
        output_field=CharField(),
    )
    return rows.annotate(stage=stage)


def count_lines(*, seller_id: int, part_ids: list[int]) -> int:
    """Return how many lines parts of a seller's orders have together. Raises NoSeller."""
    own = OrderLine.objects.filter(seller_order__seller_id=_known(seller_id))
    return own.filter(seller_order_id__in=part_ids).count()


def moves_of(*, seller_id: int, seller_order_id: int) -> list[OrderEvent]:
    """Return what happened to one of a seller's own parts, oldest first. Raises NoSeller."""
    rows = OrderEvent.objects.filter(
        seller_order_id=seller_order_id, seller_order__seller_id=_known(seller_id)
    )
    return list(rows.order_by("at", "pk"))


def own_cases(*, seller_id: int) -> QuerySet[Request]:
    """Return what shoppers asked of a seller. Raises NoSeller."""
    rows = Request.objects.filter(seller_id=_known(seller_id)).select_related("seller_order")
    return rows.annotate(items=Sum("lines__quantity"))


def own_documents(*, seller_id: int) -> QuerySet[Document]:
    """Return a seller's invoices and credit notes. Raises NoSeller."""
    rows = Document.objects.filter(seller_id=_known(seller_id)).select_related("seller_order")
    return rows.defer("content", "parties")


def own_payouts(*, seller_id: int) -> QuerySet[Payout]:
    """Return a seller's payouts with how many orders each pays for. Raises NoSeller."""
    return Payout.objects.filter(seller_id=_known(seller_id)).annotate(orders=Count("earnings"))


def own_products(*, seller_id: int) -> QuerySet[Any]:
    """Return a seller's products with their page's state and figures. Raises NoSeller.

    `page_state` is archived, live, waiting or draft; `waits` tells that a version
    of the page waits for approval, also beside a live one.
    """
    page = ProductPage.objects.filter(product=OuterRef("pk"), alias_of=None).order_by("-live", "pk")
    waiting = WorkflowState.objects.filter(
        status=WorkflowState.STATUS_IN_PROGRESS,
        base_content_type=ContentType.objects.get_for_model(Page),
        object_id=Cast(OuterRef("page_id"), CharField()),
    )
    stock = (
        Stock.objects.filter(variant__product=OuterRef("pk"), variant__is_active=True)
        .order_by()
        .values("variant__product")
    )
    prices = Price.objects.filter(
        variant__product=OuterRef("pk"),
        variant__is_active=True,
        currency=settings.BASE_CURRENCY,
    )
    return (
        Product.objects.filter(seller_id=_known(seller_id))
        .annotate(
            page_id=Subquery(page.values("pk")[:1]),
            is_live=Subquery(page.values("live")[:1]),
            has_changes=Subquery(page.values("has_unpublished_changes")[:1]),
            waits=Exists(waiting),
            skus=Count("variants", filter=Q(variants__is_active=True)),
            available=Subquery(
                stock.annotate(free=Sum(F("on_hand") - F("reserved"))).values("free")
            ),
            price_from=Subquery(prices.order_by("amount_minor").values("amount_minor")[:1]),
        )
        .annotate(
            page_state=Case(
                When(state="archived", then=Value("archived")),
                When(is_live=True, then=Value("live")),
                When(waits=True, then=Value("waiting")),
                default=Value("draft"),
            )
        )
    )


def own_variants(*, seller_id: int) -> QuerySet[Variant]:
    """Return what a seller can stock and price: active SKUs of products not archived.

    Raises NoSeller.
    """
    rows = Variant.objects.filter(product__seller_id=_known(seller_id), is_active=True)
    return rows.exclude(product__state="archived").select_related("product")


def low_stock(*, seller_id: int) -> QuerySet[Stock]:
    """Return the seller's stock rows at or below a threshold of theirs, the emptiest first.

    Only SKUs that shoppers can find. Raises NoSeller.
    """
    live = ProductPage.objects.live().filter(product=OuterRef("variant__product"))
    return (
        Stock.objects.filter(
            Exists(live),
            variant__in=own_variants(seller_id=seller_id).values("pk"),
        )
        .filter(
            Q(on_hand__lte=F("low_at") + F("reserved"))
            | Q(on_hand__lte=F("low_here") + F("reserved"))
        )
        .select_related("variant__product")
        .annotate(free=F("on_hand") - F("reserved"))
        .order_by("free", "variant__sku")
    )


def own_locations(*, seller_id: int) -> QuerySet[Location]:
    """Return where a seller keeps stock, with what lies there and when it was counted last.

    Raises NoSeller.
    """
    counted = CountSheet.objects.filter(location=OuterRef("pk"), state="applied").order_by("-pk")
    shelves = Stock.objects.filter(location=OuterRef("pk")).order_by().values("location")
    return (
        Location.objects.filter(seller_id=_known(seller_id))
        .annotate(
            skus=Coalesce(Subquery(shelves.annotate(n=Count("pk")).values("n")), 0),
            units=Subquery(shelves.annotate(n=Sum("on_hand")).values("n")),
            counted=Subquery(counted.values("ended_at")[:1]),
        )
        .order_by("priority", "pk")
    )


def own_order_numbers(*, seller_id: int, tokens: Iterable[str]) -> dict[str, str]:
    """Return the numbers of a seller's own parts by their orders' tokens. Raises NoSeller."""
    own = SellerOrder.objects.filter(seller_id=_known(seller_id), order__token__in=list(tokens))
    return dict(own.values_list("order__token", "number"))


def own_pictures(*, workspace: WorkspaceData) -> QuerySet[ShopImage]:
    """Return the images in the seller's own collection. Raises NoSeller without one."""
    return ShopImage.objects.filter(collection_id=_known(workspace.collection_id))


def has_described_itself(*, workspace: WorkspaceData) -> bool:
    """Tell whether the seller's page, or its latest draft, says something about the seller."""
    page = SellerPage.objects.filter(pk=workspace.page_id).first()
    latest = page.get_latest_revision_as_object() if page else None
    return latest is not None and bool(latest.tagline or latest.about)


def own_shipping_methods(*, seller_id: int) -> QuerySet[ShippingMethod]:
    """Return the ways a seller sends parcels, those in use first. Raises NoSeller."""
    rows = ShippingMethod.objects.filter(seller_id=_known(seller_id))
    return rows.select_related("carrier", "zone").order_by("-is_active", "base_minor", "pk")


def own_zones(*, seller_id: int) -> QuerySet[Zone]:
    """Return the sets of places that a seller named, by name. Raises NoSeller."""
    return Zone.objects.filter(seller_id=_known(seller_id)).order_by("name")


def ships_somewhere(*, seller_id: int) -> bool:
    """Tell whether a seller has a way to send parcels. Raises NoSeller."""
    return own_shipping_methods(seller_id=seller_id).filter(is_active=True).exists()


def _known(seller_id: int) -> int:
    if not seller_id:
        raise NoSeller
    return seller_id
