"""Categories and the index above them: what is inside, page by page."""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from cms.media.pictures import Picture, picture
from commerce.discovery import queries as discovery
from commerce.discovery.types import CardFilter

from .. import seo
from ..currency import chosen
from ..listing import Listing
from ..models import CategoryIndexPage, CategoryPage
from ..sections import sections
from ..shelves import shelves
from ..site import address_of
from ..types import Shelf
from . import of
from .drafts import memory_key, once

COUNTS_KEPT = 60
"""Seconds that the numbers on tiles may be late: counting a large shelf is slow."""


@of.register
def index(page: CategoryIndexPage, request: HttpRequest) -> dict[str, Any]:
    crumbs = [{"label": "Home", "url": "/"}, {"label": page.title, "url": address_of(page)}]
    image = once("image", page, request, lambda: picture(page.image, use="hero"))
    return _listing(page, request, CardFilter(), crumbs, image)


@of.register
def category(page: CategoryPage, request: HttpRequest) -> dict[str, Any]:
    shelf = shelves().by_page.get(page.pk)
    above = shelves().way_to(shelf)[:-1] if shelf else []
    crumbs = [
        {"label": "Home", "url": "/"},
        *({"label": step.title, "url": step.url} for step in above),
        {"label": page.title, "url": address_of(page)},
    ]
    image = once("image", page, request, lambda: picture(page.hero, use="hero"))
    return {
        **_listing(page, request, CardFilter(category_key=page.key), crumbs, image),
        "sections": sections(page.body, remember_as=memory_key(page, request), request=request),
    }


def _listing(
    page: CategoryIndexPage | CategoryPage,
    request: HttpRequest,
    cards: CardFilter,
    crumbs: seo.Crumbs,
    image: Picture,
) -> dict[str, Any]:
    listing = Listing.of(request, cards)
    below = shelves().below(page.path) if page.path else []
    told = seo.page_seo(
        page,
        description=page.intro,
        image=image,
        json_ld=[seo.breadcrumb_list(crumbs)],
    )
    return {
        "listing": listing,
        "breadcrumb": crumbs,
        "image": image,
        "tiles": _tiles(below, chosen(request)) if listing.page.page == 1 else [],
        "seo": seo.for_listing(told, request, number=listing.page.page),
    }


def _tiles(below: Sequence[Shelf], currency: str) -> list[dict[str, Any]]:
    if not below:
        return []
    counts = _counts(below, currency)
    return [
        {
            "title": shelf.title,
            "url": shelf.url,
            "image": shelf.image,
            "note": f"{counts.get(shelf.key, 0):,}",
        }
        for shelf in below
    ]


def _counts(below: Sequence[Shelf], currency: str) -> dict[Any, int]:
    keys = [shelf.key for shelf in below]
    name = f"pages.counts.{below[0].path[:-4]}.{len(keys)}.{currency}"
    counts: dict[Any, int] | None = cache.get(name)
    if counts is None:
        counts = discovery.counts_by_category(keys=keys, currency=currency)
        cache.set(name, counts, COUNTS_KEPT)
    return counts
