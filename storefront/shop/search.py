"""`/search/?q=`: products by title, brand, seller and SKU. Open to everyone."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from cms.pages.currency import chosen
from cms.pages.listing import Listing
from cms.pages.viewing import keep_apart, page_shown
from commerce.discovery import queries as discovery
from commerce.discovery.types import CardFilter

MOST_CHARACTERS = 200


@require_GET
def results(request: HttpRequest) -> HttpResponse:
    """Show what matches; an empty result says so and offers what sells well."""
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:MOST_CHARACTERS]
    listing = _listing(request, query) if query else None
    popular = []
    if listing is None or not listing.page.cards:
        selling = discovery.page(
            filter=CardFilter(), sort="popular", per_page=8, currency=chosen(request)
        )
        popular = page_shown(request, selling).cards
    context = {
        "search_query": query,
        "listing": listing,
        "popular": popular,
        "seo": {
            "title": f"Search: {query}" if query else "Search",
            "robots": "noindex, follow",
            "canonical": f"{settings.SITE_URL}/search/",
        },
    }
    return keep_apart(request, render(request, "shop/search.html", context))


def _listing(request: HttpRequest, query: str) -> Listing:
    return Listing.of(request, CardFilter(query=query), default="relevance")
