"""What pages say, as listings say it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from wagtail.models import Locale, Page, Revision

from cms.media.pictures import picture
from cms.pages.models import CategoryPage, ProductImage, ProductPage, SellerPage
from commerce.catalog import queries as catalog


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A listing as a page would have it."""

    product_id: int
    locale: str
    page_id: int
    title: str
    summary: str
    path: str
    image: dict[str, Any]
    category_keys: tuple[UUID, ...]

    def as_listing(self) -> dict[str, Any]:
        return {**vars(self), "category_keys": list(self.category_keys)}


def product_pages(*, page_ids: Iterable[int]) -> list[ProductPage]:
    """Return product pages with their locale."""
    pages = ProductPage.objects.filter(pk__in=list(page_ids)).select_related("locale")
    return list(pages.order_by("pk"))


def live_product_pages(*, after: int, limit: int) -> list[ProductPage]:
    """Return the next live pages that present a product, by id."""
    pages = ProductPage.objects.live().filter(pk__gt=after, alias_of=None, product__isnull=False)
    return list(pages.select_related("locale").order_by("pk")[:limit])


def other_live_page(page: ProductPage) -> ProductPage | None:
    """Return another live page that presents the same product in the same language."""
    pages = ProductPage.objects.live().filter(
        product_id=page.product_id, locale_id=page.locale_id, alias_of=None
    )
    return pages.exclude(pk=page.pk).select_related("locale").first()


def projections(*, pages: Sequence[ProductPage]) -> list[Projection]:
    """Return what live pages say, in three statements for all of them."""
    if not pages:
        return []
    ids = [page.pk for page in pages]
    leading = _leading_images(ids)
    shelves = _category_keys(ids)
    return [
        Projection(
            product_id=page.product_id,
            locale=page.locale.language_code,
            page_id=page.pk,
            title=page.title,
            summary=page.summary,
            path=path_of(page),
            image=leading.get(page.pk, {}),
            category_keys=tuple(shelves[page.pk]),
        )
        for page in pages
    ]


def path_of(page: Page) -> str:
    """Return a page's address below the site's root, such as /sellers/acme/blue-mug/."""
    parts = page.get_url_parts()
    if parts is not None and parts[2]:
        return str(parts[2])
    # No site shows the page; what it would be called below its home page.
    return "/" + page.url_path.strip("/").partition("/")[2] + "/"


def _leading_images(page_ids: list[int]) -> dict[int, dict[str, Any]]:
    rows = (
        ProductImage.objects.filter(page_id__in=page_ids)
        .order_by("page_id", "sort_order", "pk")
        .distinct("page_id")
        .select_related("image")
    )
    return {row.page_id: picture(row.image, use="card", alt=row.alt or None) for row in rows}


def _category_keys(page_ids: list[int]) -> dict[int, list[UUID]]:
    """Return each page's categories and all above them: a shirt in Tees is in Women too."""
    through = ProductPage.categories.through
    chosen = list(
        through.objects.filter(productpage_id__in=page_ids).values_list(
            "productpage_id", "categorypage__path"
        )
    )
    paths = {path for _, path in chosen}
    above = {path[:end] for path in paths for end in range(4, len(path) + 1, 4)}
    keys = dict(CategoryPage.objects.filter(path__in=above).values_list("path", "translation_key"))
    found: dict[int, set[UUID]] = defaultdict(set)
    for page_id, path in chosen:
        found[page_id] |= {
            keys[path[:end]] for end in range(4, len(path) + 1, 4) if path[:end] in keys
        }
    return defaultdict(list, {page_id: sorted(shelf) for page_id, shelf in found.items()})


def out_of_date(*, pages: Sequence[ProductPage]) -> list[Projection]:
    """Return what listings should say where they say something else, or nothing."""
    by_locale: dict[str, list[Projection]] = defaultdict(list)
    for projection in projections(pages=pages):
        by_locale[projection.locale].append(projection)
    stale = []
    for locale, wanted in by_locale.items():
        said = catalog.listings(product_ids=[entry.product_id for entry in wanted], locale=locale)
        for entry in wanted:
            listing = said.get(entry.product_id)
            if listing is None or not listing.is_live or _differs(entry, listing):
                stale.append(entry)
    return stale


def _differs(wanted: Projection, listing: Any) -> bool:
    return (
        (wanted.title, wanted.summary, wanted.path, wanted.image)
        != (listing.title, listing.summary, listing.path, listing.image)
    ) or sorted(wanted.category_keys) != sorted(listing.category_keys)


def listings_without_page() -> list[tuple[int, str]]:
    """Return live listings whose page is gone or not live."""
    live = ProductPage.objects.live().filter(alias_of=None, product_id__isnull=False)
    shown = set(live.values_list("product_id", "locale__language_code"))
    found = []
    after = 0
    while ids := catalog.product_ids_after(product_id=after, limit=1000):
        after = ids[-1]
        for locale in Locale.objects.values_list("language_code", flat=True):
            said = catalog.listings(product_ids=ids, locale=locale).values()
            found += [
                (listing.product_id, locale)
                for listing in said
                if listing.is_live and (listing.product_id, locale) not in shown
            ]
    return found


def pages_led_by(*, image_id: int) -> list[int]:
    """Return pages whose first picture this is."""
    first = ProductImage.objects.filter(page_id=OuterRef("page_id")).exclude(pk=OuterRef("pk"))
    earlier = first.filter(
        Q(sort_order__lt=OuterRef("sort_order"))
        | Q(sort_order=OuterRef("sort_order"), pk__lt=OuterRef("pk"))
    )
    rows = ProductImage.objects.filter(~Exists(earlier), image_id=image_id)
    return list(rows.values_list("page_id", flat=True))


def live_pages_of_seller(*, seller_id: int) -> list[Page]:
    """Return a seller's page and all live pages below it, the deepest first."""
    pages: list[Page] = []
    for root in SellerPage.objects.filter(seller_id=seller_id):
        below = Page.objects.descendant_of(root, inclusive=True).live().filter(alias_of=None)
        pages += below.order_by("-depth", "path").specific()
    return pages


def expired_pages() -> list[Page]:
    """Return live pages whose time is over, the earliest first."""
    pages = Page.objects.live().filter(expire_at__lt=timezone.now())
    return list(pages.order_by("expire_at").specific())


def due_revisions() -> list[Revision]:
    """Return what was planned to go live by now, the earliest first."""
    due = Revision.objects.filter(approved_go_live_at__lt=timezone.now())
    return list(due.order_by(F("approved_go_live_at").asc(), "pk"))
