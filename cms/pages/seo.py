"""What search engines and shared links are told of a page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from wagtail.models import Page

from .queries import shop_settings
from .site import address_of

Data = dict[str, Any]
Crumbs = list[dict[str, str]]


def absolute(address: str) -> str:
    """Return an address of ours with the shop's host; one that has a host stays."""
    return address if "://" in address else f"{settings.SITE_URL}{address}"


def page_seo(
    page: Page,
    *,
    description: str = "",
    image: Mapping[str, Any] | None = None,
    og_type: str = "website",
    json_ld: Sequence[Data] = (),
) -> Data:
    """Return title, description, canonical address and picture of a page."""
    name = shop_settings().name
    return {
        "title": page.seo_title or f"{page.title} · {name}",
        "description": " ".join((page.search_description or description).split())[:300],
        "canonical": absolute(address_of(page)),
        "og_image": absolute((image or {}).get("src") or static("img/share.png")),
        "og_type": og_type,
        "json_ld": list(json_ld),
    }


def for_listing(seo: Data, request: HttpRequest, *, number: int) -> Data:
    """Return the same for one page of a listing: each page stands for itself, no order does.

    What was sorted or carries unknown parameters is a copy that no one need find.
    """
    if number > 1:
        canonical = f"{seo['canonical']}?{urlencode({'page': number})}"
        seo = {**seo, "title": f"Page {number}: {seo['title']}", "canonical": canonical}
    if set(request.GET) - {"page"}:
        seo = {**seo, "robots": "noindex, follow"}
    return seo


def breadcrumb_list(crumbs: Iterable[Mapping[str, str]]) -> Data:
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": crumb["label"],
                "item": absolute(crumb["url"]),
            }
            for place, crumb in enumerate(crumbs, start=1)
        ],
    }


def organization() -> Data:
    shop = shop_settings()
    data: Data = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": shop.name,
        "url": absolute("/"),
        "logo": absolute(static("img/icon-512.png")),
    }
    if shop.support_email:
        data["email"] = shop.support_email
    if shop.social:
        data["sameAs"] = [link["url"] for link in shop.social]
    return data


def website() -> Data:
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": shop_settings().name,
        "url": absolute("/"),
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": absolute("/search/?q={search_term_string}"),
            },
            "query-input": "required name=search_term_string",
        },
    }
