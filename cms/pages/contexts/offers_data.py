"""A product and its offers as schema.org describes them, at the prices that strangers pay."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.html import strip_tags

from commerce.offers.types import Offer

from .. import seo
from .choice import Choice

if TYPE_CHECKING:
    from .product import Words

LISTED = 40
"""Offers written out one by one; more are summed up, or the data would outweigh the page."""
IN_STOCK, OUT_OF_STOCK = "https://schema.org/InStock", "https://schema.org/OutOfStock"
BACK_ORDER, PRE_ORDER = "https://schema.org/BackOrder", "https://schema.org/PreOrder"


def product_data(*, page: Any, words: "Words", choice: Choice, brand: str) -> seo.Data:
    """Return schema.org's Product with an offer, or with all its offers and their span."""
    data: seo.Data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.title,
        "url": seo.absolute(words.url),
        "image": [seo.absolute(picture["large"]) for picture in words.gallery[:6]],
        "description": page.summary or strip_tags(words.description)[:500],
    }
    if brand:
        data["brand"] = {"@type": "Brand", "name": brand}
    if len(choice.offers) == 1:
        data["sku"] = choice.offers[0].sku
        data["offers"] = _offer(choice.offers[0], words, [])
    elif choice.offers:
        data["offers"] = _span(choice, words)
    return data


def _span(choice: Choice, words: "Words") -> seo.Data:
    prices = sorted(choice.offers, key=lambda offer: offer.told.public.minor)
    data: seo.Data = {
        "@type": "AggregateOffer",
        "priceCurrency": prices[0].price.currency,
        "lowPrice": str(prices[0].told.public.decimal),
        "highPrice": str(prices[-1].told.public.decimal),
        "offerCount": len(prices),
        "availability": OUT_OF_STOCK if choice.is_sold_out else IN_STOCK,
        "seller": _seller(words),
    }
    if len(choice.offers) <= LISTED:
        data["offers"] = [_offer(offer, words, choice.axes) for offer in choice.offers]
    return data


def _offer(offer: Offer, words: "Words", axes: Any) -> seo.Data:
    query = f"?{urlencode({'sku': offer.sku})}" if axes else ""
    return {
        "@type": "Offer",
        "sku": offer.sku,
        "url": seo.absolute(f"{words.url}{query}"),
        "price": str(offer.told.public.decimal),
        "priceCurrency": offer.price.currency,
        "availability": _availability(offer),
        "seller": _seller(words),
    }


def _availability(offer: Offer) -> str:
    if not offer.is_sellable:
        return OUT_OF_STOCK
    if offer.in_stock > 0:
        return IN_STOCK
    return PRE_ORDER if offer.is_preorder else BACK_ORDER


def _seller(words: "Words") -> seo.Data:
    if words.seller is None:
        return {}
    return {
        "@type": "Organization",
        "name": words.seller.name,
        "url": seo.absolute(words.seller.url),
    }
