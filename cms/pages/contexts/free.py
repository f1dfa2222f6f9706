"""The home page, landing pages and pages of words."""

from typing import Any

from django.http import HttpRequest
from wagtail.models import Page

from .. import seo
from ..memory import recall
from ..models import ContentPage, HomePage, LandingPage
from ..sections import sections
from ..site import address_of
from . import of
from .drafts import memory_key


@of.register
def home(page: HomePage, request: HttpRequest) -> dict[str, Any]:
    told = seo.page_seo(page, json_ld=[seo.organization(), seo.website()])
    return {
        "sections": sections(page.body, remember_as=memory_key(page, request), request=request),
        "seo": {**told, "title": page.seo_title or told["title"]},
    }


@of.register
def landing(page: LandingPage, request: HttpRequest) -> dict[str, Any]:
    return _free(page, request)


@of.register
def content(page: ContentPage, request: HttpRequest) -> dict[str, Any]:
    return _free(page, request)


def _free(page: LandingPage | ContentPage, request: HttpRequest) -> dict[str, Any]:
    crumbs = way_to(page)
    return {
        "sections": sections(page.body, remember_as=memory_key(page, request), request=request),
        "breadcrumb": crumbs,
        "seo": seo.page_seo(
            page, description=getattr(page, "intro", ""), json_ld=[seo.breadcrumb_list(crumbs)]
        ),
    }


def way_to(page: Page) -> list[dict[str, str]]:
    """Return the live pages from home to this one, remembered for all but drafts' own titles."""

    def above() -> list[dict[str, str]]:
        pages = page.get_ancestors().live().filter(depth__gte=2).order_by("path")
        return [
            {"label": "Home" if above.depth == 2 else above.title, "url": address_of(above)}
            for above in pages
        ]

    parents = recall(("way to", page.path), above) if page.path else []
    return [*parents, {"label": page.title, "url": address_of(page)}]
