"""`/p/<id>/`: an address of a product that never breaks. Open to all."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponsePermanentRedirect
from django.shortcuts import render

from cms.pages.currency import chosen
from cms.pages.viewing import keep_apart, page_shown
from commerce.catalog import queries as catalog
from commerce.discovery import queries as discovery
from commerce.discovery.types import CardFilter


def product(request: HttpRequest, product_id: int) -> HttpResponse:
    """Lead to the live page, or say that the product is no longer sold."""
    listing = catalog.listings(product_ids=[product_id]).get(product_id)
    if listing is not None and listing.is_live:
        return HttpResponsePermanentRedirect(listing.path)
    status = 410 if listing is not None else 404
    page = discovery.page(filter=CardFilter(), sort="popular", per_page=4, currency=chosen(request))
    context = {"listing": listing, "popular": page_shown(request, page).cards}
    response = render(request, "shop/no_longer_sold.html", context, status=status)
    return keep_apart(request, response)
