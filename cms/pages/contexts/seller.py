"""Sellers: all of them, and the place of each."""

from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from wagtail.rich_text import expand_db_html

from cms.media.pictures import Picture, picture
from commerce.discovery.types import CardFilter

from .. import seo
from ..listing import Listing
from ..memory import recall
from ..models import SellerIndexPage, SellerPage
from ..sections import sections, seller_tile
from ..site import address_of
from ..types import SellerTile
from . import of
from .drafts import memory_key, once


@of.register
def index(page: SellerIndexPage, request: HttpRequest) -> dict[str, Any]:
    crumbs = [{"label": "Home", "url": "/"}, {"label": page.title, "url": address_of(page)}]
    return {
        "sellers": recall("sellers", _all_sellers),
        "breadcrumb": crumbs,
        "seo": seo.page_seo(page, description=page.intro, json_ld=[seo.breadcrumb_list(crumbs)]),
    }


@of.register
def seller(page: SellerPage, request: HttpRequest) -> dict[str, Any]:
    crumbs = [
        {"label": "Home", "url": "/"},
        {"label": "Sellers", "url": "/sellers/"},
        {"label": page.title, "url": address_of(page)},
    ]
    cover, logo, about = once("seller", page, request, lambda: _fixed(page))
    listing = Listing.of(request, CardFilter(seller_id=page.seller_id or 0), default="newest")
    told = seo.page_seo(
        page,
        description=page.tagline,
        image=cover,
        json_ld=[seo.breadcrumb_list(crumbs), _organization(page, logo)],
    )
    return {
        "listing": listing,
        "breadcrumb": crumbs,
        "cover": cover,
        "logo": logo,
        "about": about,
        "sections": sections(page.body, remember_as=memory_key(page, request), request=request),
        "seo": seo.for_listing(told, request, number=listing.page.page),
    }


def _fixed(page: SellerPage) -> tuple[Picture, Picture, SafeString]:
    return (
        picture(page.cover, use="hero"),
        picture(page.logo, use="thumb"),
        SafeString(expand_db_html(page.about)),
    )


def _all_sellers() -> list[SellerTile]:
    pages = SellerPage.objects.live().filter(alias_of=None, seller__isnull=False)
    return [seller_tile(page) for page in pages.select_related("logo", "cover").order_by("title")]


def _organization(page: SellerPage, logo: Picture) -> seo.Data:
    data: seo.Data = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": page.title,
        "url": seo.absolute(address_of(page)),
    }
    if page.tagline:
        data["description"] = page.tagline
    if logo:
        data["logo"] = seo.absolute(logo["src"])
    return data
