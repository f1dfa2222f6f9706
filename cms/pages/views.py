"""Pages for visitors. Open to all; Wagtail's own restrictions and hooks apply."""

import copy
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from wagtail import views as wagtail_views
from wagtail.models import Page, Site
from wagtail.url_routing import RouteResult

from commerce.kernel.sql import Planned, fetch_one

from .memory import products, recall
from .models import ProductPage
from .site import site_for
from .viewing import keep_apart


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Show the live page of an address.

    Wagtail walks down the tree, a statement or two for every step of the address;
    here the page is found at once or is known already, and Wagtail serves what was found.
    """
    hostname = split_domain_port(request.get_host())[0]
    site = site_for(hostname=hostname, port=request.get_port())
    page = _find(site, [part for part in path.split("/") if part]) if site else None
    # Where Wagtail's own routing keeps its answers for the length of a request.
    request._wagtail_site = site  # type: ignore[attr-defined]
    request._wagtail_route_for_request = RouteResult(page) if page else None  # type: ignore[attr-defined]
    return keep_apart(request, wagtail_views.serve(request, path))


def _find(site: Site, parts: list[str]) -> Page | None:
    if len(parts) == PRODUCT_PARTS and (page := _product(site, parts)):
        return page
    # Pages that shape the shop are few: each is read once until content changes.
    known = recall(("page", site.pk, *parts), lambda: _read(site, parts))
    return copy.copy(known)


PRODUCT_PARTS = 3  # sellers / its seller / itself
FIND_PRODUCT = Planned("""
SELECT page.id, page.xmin::text, product.xmin::text
FROM wagtailcore_page AS page JOIN pages_productpage AS product ON product.page_ptr_id = page.id
WHERE page.slug = %s AND page.url_path = %s AND page.live
""")


def _read(site: Site, parts: list[str]) -> Page | None:
    if not parts:
        home = site.root_page.specific_class.objects.live()
        return home.filter(pk=site.root_page_id).first()
    plain = Page.objects.live().filter(slug=parts[-1], url_path=_url_path(site, parts)).first()
    return plain.specific if plain else None


def _url_path(site: Site, parts: list[str]) -> str:
    return f"{site.root_page.url_path}{'/'.join(parts)}/"


def _product(site: Site, parts: list[str]) -> ProductPage | None:
    """Return a product page, read anew only when one of its rows was written since."""
    # The slug has an index, the whole address has none.
    version = fetch_one(FIND_PRODUCT, parts[-1], _url_path(site, parts))
    if version is None:
        return None
    return copy.copy(products.recall(("page", *version), lambda: _read_product(version)))


def _read_product(version: tuple[Any, ...]) -> ProductPage | None:
    through = ProductPage.categories.through.objects.filter(productpage_id=OuterRef("pk"))
    shelved = ArraySubquery(through.order_by("pk").values("categorypage_id"))
    page: ProductPage | None = (
        ProductPage.objects.annotate(category_ids=shelved).filter(pk=version[0]).first()
    )
    if page is not None:
        page.version = version
    return page
