"""Pages for visitors. Open to all; Wagtail's own restrictions and hooks apply."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from wagtail import views as wagtail_views
from wagtail.models import Page, Site
from wagtail.url_routing import RouteResult

from .models import ProductPage
from .shelves import shelves
from .site import site_for


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Show the live page of an address.

    Wagtail walks down the tree, a statement or two for every step of the address;
    here the page is found in one or two, and Wagtail serves what was found.
    """
    hostname = split_domain_port(request._get_raw_host())[0]
    site = site_for(hostname=hostname, port=request.get_port())
    page = _find(site, [part for part in path.split("/") if part]) if site else None
    # Where Wagtail's own routing keeps its answers for the length of a request.
    request._wagtail_site = site  # type: ignore[attr-defined]
    request._wagtail_route_for_request = RouteResult(page) if page else None  # type: ignore[attr-defined]
    response: HttpResponse = wagtail_views.serve(request, path)
    return response


def _find(site: Site, parts: list[str]) -> Page | None:
    if not parts:
        found: Page | None = (
            site.root_page.specific_class.objects.live().filter(pk=site.root_page_id).first()
        )
        return found
    url_path = f"{site.root_page.url_path}{'/'.join(parts)}/"
    # The slug has an index, the whole address has none.
    here: dict[str, Any] = {"slug": parts[-1], "url_path": url_path}
    shelf = shelves().by_url.get(f"/{'/'.join(parts)}/")
    if shelf is None and len(parts) == PRODUCT_PARTS and (page := _product(here)):
        return page
    plain = Page.objects.live().filter(**here).first()
    return plain.specific if plain else None


PRODUCT_PARTS = 3  # sellers / its seller / itself


def _product(here: dict[str, Any]) -> ProductPage | None:
    through = ProductPage.categories.through.objects.filter(productpage_id=OuterRef("pk"))
    pages = ProductPage.objects.live().filter(**here)
    shelved = through.order_by("pk").values("categorypage_id")
    found: ProductPage | None = pages.annotate(category_ids=ArraySubquery(shelved)).first()
    return found
