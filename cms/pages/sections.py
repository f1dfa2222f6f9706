"""The blocks of a page, ready to be shown.

What a block says is rendered once and remembered until content changes. Only the
cards of product rails are read for every visitor, all rails of a page together.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString
from wagtail.blocks import StreamValue

from cms.blocks import references
from cms.media.pictures import picture
from commerce.discovery import queries as discovery
from commerce.discovery.types import CardData, RailRule
from commerce.payouts import queries as payouts

from .currency import chosen
from .memory import recall
from .models import ProductPage, SellerPage
from .shelves import shelves
from .site import address_of
from .types import SellerTile
from .viewing import cards_shown

SORTS = {"newest": "newest", "cheapest": "price", "popular": "popular"}


@dataclass(frozen=True, kw_only=True)
class Rail:
    """A rail of products as its editor asked for it."""

    title: str
    href: str = ""
    rule: RailRule | None = None
    product_ids: tuple[int, ...] = ()
    paid_places: int = 0
    """How many products are shown that sellers pay for; their rail says so."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One block of a page: its markup, or a rail with today's cards."""

    kind: str
    html: SafeString = field(default_factory=SafeString)
    rail: Rail | None = None
    cards: list[CardData] = field(default_factory=list)


def sections(
    body: StreamValue, *, remember_as: Hashable | None, request: HttpRequest | None = None
) -> list[Section]:
    """Return a stream's blocks with the cards of its rails; rails without cards are left out.

    Pass nothing to remember for a draft. At most two statements for what is remembered,
    and one for the promotions that are on for the visitor.
    """
    if not body:
        return []
    fixed = recall(("sections", remember_as), lambda: _read(body)) if remember_as else _read(body)
    return _with_cards(fixed, request)


def preview(block: Any) -> list[Section]:
    """Return a block as it would stand on a page of its own, for the block picker."""
    return _with_cards(_sections([(block.block.name, block)]))


def _read(body: StreamValue) -> list[Section]:
    with references.read(body):
        return _sections([(block.block_type, block) for block in body])


def _sections(blocks: Sequence[tuple[str, Any]]) -> list[Section]:
    sellers = seller_tiles(
        page.pk for kind, block in blocks for page in _sellers_named(kind, block.value)
    )
    products = _product_ids(blocks)
    return [
        _section(kind, block, number == 0, sellers, products)
        for number, (kind, block) in enumerate(blocks)
    ]


def _section(
    kind: str,
    block: Any,
    is_first: bool,
    sellers: dict[int, SellerTile],
    products: dict[int, int],
) -> Section:
    value = block.value
    if kind == "rail":
        return Section(kind=kind, rail=_rail(value, sellers, products))
    context: dict[str, Any] = {"is_first": is_first}
    if kind == "tiles":
        context["tiles"] = _category_tiles(value)
    elif kind == "spotlight":
        named = (sellers.get(page.pk) for page in value["sellers"] if page)
        context["sellers"] = [seller for seller in named if seller]
    return Section(kind=kind, html=block.render(context))


def _sellers_named(kind: str, value: Any) -> list[Any]:
    if kind == "spotlight":
        return [page for page in value["sellers"] if page]
    if kind == "rail" and value.get("seller"):
        return [value["seller"]]
    return []


def _rail(value: Any, sellers: dict[int, SellerTile], products: dict[int, int]) -> Rail:
    seller = sellers.get(value["seller"].pk) if value.get("seller") else None
    shelf = shelves().by_page.get(value["category"].pk) if value.get("category") else None
    title = value["title"]
    if value["rule"] == "hand":
        chosen = (products.get(page.pk) for page in value["products"] if page)
        return Rail(title=title, product_ids=tuple(number for number in chosen if number))
    if value["rule"] == "featured":
        return Rail(title=f"{title} (sponsored)", paid_places=value["count"] or 8)
    everything = f"/shop/?sort={SORTS[value['rule']]}"
    return Rail(
        title=title,
        href=seller.url if seller else shelf.url if shelf else everything,
        rule=RailRule(
            sort=SORTS[value["rule"]],
            category_key=shelf.key if shelf else None,
            seller_id=seller.seller_id if seller else None,
            limit=value["count"] or 8,
        ),
    )


def _product_ids(blocks: Iterable[tuple[str, Any]]) -> dict[int, int]:
    chosen = {
        page.pk
        for kind, block in blocks
        if kind == "rail" and block.value["rule"] == "hand"
        for page in block.value["products"]
        if page
    }
    if not chosen:
        return {}
    pages = ProductPage.objects.filter(pk__in=chosen, product_id__isnull=False)
    return dict(pages.values_list("pk", "product_id"))


def _category_tiles(value: Any) -> list[dict[str, Any]]:
    tiles = []
    for tile in value["tiles"]:
        shelf = shelves().by_page.get(tile["category"].pk) if tile["category"] else None
        if shelf:
            own = picture(tile["image"], use="tile")
            title = tile["label"] or shelf.title
            tiles.append({"title": title, "url": shelf.url, "image": own or shelf.image})
    return tiles


def _with_cards(fixed: list[Section], request: HttpRequest | None = None) -> list[Section]:
    currency = chosen(request) if request else None
    rules = [section.rail.rule for section in fixed if section.rail and section.rail.rule]
    of_rules = discovery.rails(rules=rules, currency=currency)
    asked = [section.rail for section in fixed if section.rail]
    most = max((rail.paid_places for rail in asked), default=0)
    paid_for = payouts.featured_products(limit=most) if most else []
    picked = {number for rail in asked for number in rail.product_ids} | set(paid_for)
    by_hand = discovery.cards(product_ids=picked, currency=currency) if picked else {}
    shown = cards_shown(request, chain(by_hand.values(), *of_rules))
    by_rule = iter(of_rules)
    filled = []
    for section in fixed:
        if section.rail is None:
            filled.append(section)
            continue
        if section.rail.rule:
            cards = next(by_rule)
        else:
            numbers = section.rail.product_ids or paid_for[: section.rail.paid_places]
            cards = [by_hand[number] for number in numbers if number in by_hand]
        if cards:
            cards = [shown[card.product_id] for card in cards]
            filled.append(Section(kind=section.kind, rail=section.rail, cards=cards))
    return filled


def seller_tiles(page_ids: Iterable[int]) -> dict[int, SellerTile]:
    """Return how live sellers are shown on other pages, by the id of their page."""
    wanted = set(page_ids)
    if not wanted:
        return {}
    pages = SellerPage.objects.live().filter(pk__in=wanted).select_related("logo", "cover")
    return {page.pk: seller_tile(page) for page in pages}


def seller_tile(page: SellerPage) -> SellerTile:
    return SellerTile(
        seller_id=page.seller_id,
        name=page.title,
        url=address_of(page),
        location=page.location,
        text=page.tagline,
        image=picture(page.logo, use="thumb"),
        cover=picture(page.cover, use="half"),
    )
