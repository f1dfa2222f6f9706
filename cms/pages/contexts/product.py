"""A product's page: its words and pictures from here, everything for sale from commerce."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from wagtail.rich_text import expand_db_html

from cms.media.pictures import Picture, gallery_picture
from commerce.catalog import queries as catalog
from commerce.discovery import queries as discovery
from commerce.discovery.types import CardData, RailRule
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from .. import seo
from ..currency import chosen
from ..memory import products, recall
from ..models import ProductPage, SellerPage
from ..sections import sections, seller_tile
from ..shelves import shelves
from ..site import address_of
from ..types import SellerTile, Shelf
from ..viewing import user_id, view
from . import of
from .choice import Choice, choose, picker_axes, picker_variants
from .drafts import memory_key
from .offers_data import product_data

RELATED = 8


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the page itself says; the same for every visitor until it is published again."""

    version: Hashable | None
    """What to remember its markup by; nothing for a draft."""
    url: str
    gallery: list[Picture]
    description: SafeString
    seller: SellerTile | None
    shelf: Shelf | None
    breadcrumb: seo.Crumbs


@of.register
def product(page: ProductPage, request: HttpRequest) -> dict[str, Any]:
    key, currency = memory_key(page, request), chosen(request)
    words = products.recall(key, lambda: _words(page, key)) if key else _words(page, None)
    known = catalog.products(product_ids=[page.product_id]) if page.product_id else {}
    data = known.get(page.product_id) if page.product_id else None
    offered, related = _offers(page, request), _related(page, words.shelf, currency)
    shown = view(request, seller_ids=_sellers(offered, related))
    of_related = shown.cards(related)
    choice = choose(
        options=data.options if data else [],
        offers=shown.offers(offered),
        asked=request.GET.dict(),
    )
    keys = {picture["key"] for picture in words.gallery if picture["key"]}
    return {
        "words": words,
        "gallery": _turned(words.gallery, choice),
        "product": data,
        "facts": str(data.specifications) if data else "",
        "choice": choice,
        "not_sold_in": _not_sold_in(offered, currency),
        "axes": picker_axes(choice),
        "variants": picker_variants(choice, keys),
        "related": [of_related[card.product_id] for card in related],
        "sections": sections(page.body, remember_as=key, request=request),
        "seo": _seo(page, words, choice, data.brand if data else ""),
    }


def _offers(page: ProductPage, request: HttpRequest) -> list[Offer]:
    if not page.product_id:
        return []
    return offers.of_product(
        product_id=page.product_id, currency=chosen(request), user_id=user_id(request)
    )


def _sellers(offered: list[Offer], related: list[CardData]) -> set[int]:
    return {offer.seller_id for offer in offered} | {card.seller_id for card in related}


def _not_sold_in(offered: list[Offer], currency: str) -> str:
    """Return the visitor's currency when all that keeps this from being sold is its price in it."""
    if currency == settings.BASE_CURRENCY:
        return ""
    return currency if any(offer.refusal == "no-price" for offer in offered) else ""


def _words(page: ProductPage, version: Hashable | None) -> Words:
    shelf = shelves().deepest(_category_ids(page))
    crumbs = [{"label": "Home", "url": "/"}]
    if shelf:
        crumbs += [{"label": above.title, "url": above.url} for above in shelves().way_to(shelf)]
    url = address_of(page)
    return Words(
        version=version,
        url=url,
        gallery=[
            gallery_picture(entry.image, alt=entry.alt or page.title, key=entry.option_value)
            for entry in page.gallery.select_related("image").all()
        ],
        description=SafeString(expand_db_html(page.description)),
        seller=_seller(page),
        shelf=shelf,
        breadcrumb=[*crumbs, {"label": page.title, "url": url}],
    )


def _category_ids(page: ProductPage) -> list[int]:
    """Return the page's categories: those routing read with it, else those of the draft."""
    read = getattr(page, "category_ids", None)
    return list(read) if read is not None else [category.pk for category in page.categories.all()]


def _seller(page: ProductPage) -> SellerTile | None:
    path = page.path[: -page.steplen]

    def read() -> SellerTile | None:
        found = SellerPage.objects.filter(path=path).select_related("logo", "cover").first()
        return seller_tile(found) if found else None

    return recall(("seller", path), read) if path else None


def _turned(gallery: list[Picture], choice: Choice) -> list[Picture]:
    """Return the gallery with the chosen option's picture first."""
    values = set(choice.chosen.values())
    wanted = [picture for picture in gallery if picture["key"] and picture["key"] in values]
    if not wanted or gallery[0] is wanted[0]:
        return gallery
    return [wanted[0], *(picture for picture in gallery if picture is not wanted[0])]


def _related(page: ProductPage, shelf: Shelf | None, currency: str) -> list[CardData]:
    rule = RailRule(
        sort="popular",
        category_key=shelf.key if shelf else None,
        limit=RELATED,
        except_product_id=page.product_id,
    )
    return discovery.rail(rule=rule, currency=currency)


def _seo(page: ProductPage, words: Words, choice: Choice, brand: str) -> seo.Data:
    first = words.gallery[0] if words.gallery else {}
    return seo.page_seo(
        page,
        description=page.summary,
        image=first,
        og_type="product",
        json_ld=[
            product_data(page=page, words=words, choice=choice, brand=brand),
            seo.breadcrumb_list(words.breadcrumb),
        ],
    )
