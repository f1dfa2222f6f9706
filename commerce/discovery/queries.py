"""Reads of the read model: every listing, rail and search is answered from cards alone."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, QuerySet

from commerce.kernel.money import Money
from commerce.kernel.sql import fetch
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from . import alternatives, statements, words
from .models import Card
from .showing import as_shown
from .types import Alternatives, CardData, CardFilter, CardPage, RailRule, SitemapEntry

__all__ = [
    "COUNT_CAP",
    "SORTS",
    "CardFilter",
    "RailRule",
    "SitemapEntry",
    "as_shown",
    "cards",
    "counts_by_category",
    "instead_of",
    "page",
    "rail",
    "rails",
    "sitemap_entries",
]

COUNT_CAP = 1000
SORTS = {
    "newest": ("-published_at", "-pk"),
    "price": ("price_minor", "pk"),
    "-price": ("-price_minor", "-pk"),
    "popular": ("-popularity", "-pk"),
    "relevance": ("-rank", "-popularity", "-pk"),
}


def page(
    *,
    filter: CardFilter,
    sort: str = "newest",
    page: int = 1,
    per_page: int = 20,
    locale: str = "en",
    currency: str | None = None,
) -> CardPage:
    """Return one page of cards in two statements.

    Matches are counted up to `COUNT_CAP` and paging ends there; a page beyond the
    last is the last. `relevance` ranks the `COUNT_CAP` most popular matches; without
    a query it is `popular`.
    """
    looking = _browse if filter.query is None else _search
    counted, cards = looking(filter, sort, locale, currency or settings.BASE_CURRENCY)
    total = min(counted, COUNT_CAP)
    pages = max(1, -(-total // per_page))
    number = min(max(page, 1), pages)
    return CardPage(
        cards=cards((number - 1) * per_page, per_page) if total else [],
        total=total,
        total_is_capped=counted > COUNT_CAP,
        page=number,
        pages=pages,
    )


def rail(*, rule: RailRule, locale: str = "en", currency: str | None = None) -> list[CardData]:
    """Return a rail's cards in one statement."""
    return rails(rules=[rule], locale=locale, currency=currency)[0]


def rails(
    *, rules: Sequence[RailRule], locale: str = "en", currency: str | None = None
) -> list[list[CardData]]:
    """Return the cards of many rails, in the rules' order, in one statement."""
    if not rules:
        return []
    parts, params = [], []
    for number, rule in enumerate(rules):
        part, values = statements.rail(number, rule, locale, currency or settings.BASE_CURRENCY)
        parts.append(part)
        params += values
    found: list[list[CardData]] = [[] for _ in rules]
    for number, *columns in fetch(" UNION ALL ".join(parts), *params):
        found[number].append(_card(*columns))
    return found


def instead_of(
    *, short: Mapping[int, tuple[Offer, int]], currency: str, locale: str = "en"
) -> dict[int, Alternatives]:
    """Return by the caller's key what there is instead of so many of an offer.

    Five statements, however many are short; none when nothing is.
    """
    if not short:
        return {}
    wanted = {offer.product_id for offer, _ in short.values()}
    offered = offers.of_products(product_ids=wanted, currency=currency, locale=locale)
    found: dict[int, Alternatives] = {}
    alike: dict[int, RailRule] = {}
    for key, (offer, quantity) in short.items():
        others = alternatives.others(
            wanted=offer, quantity=quantity, offered=offered[offer.product_id]
        )
        rule = None if others else alternatives.like(offer)
        found[key] = Alternatives(variants=others)
        if rule:
            alike[key] = rule
    of_rules = rails(rules=list(alike.values()), locale=locale, currency=currency)
    cards = zip(alike, of_rules, strict=True)
    return {**found, **{key: Alternatives(cards=each) for key, each in cards}}


def cards(
    *, product_ids: Iterable[int], locale: str = "en", currency: str | None = None
) -> dict[int, CardData]:
    """Return the cards of products picked by hand; what is not on sale is left out."""
    wanted = list(product_ids)
    filter = CardFilter(product_ids=wanted)
    where, values = statements.matching(filter, locale, currency or settings.BASE_CURRENCY)
    found = fetch(statements.rows(where), *values, len(wanted), 0)
    return {card.product_id: card for card in (_card(*columns) for columns in found)}


def counts_by_category(
    *, keys: Sequence[UUID], locale: str = "en", currency: str | None = None
) -> dict[UUID, int]:
    """Return how many cards each category shows, zero included, in one statement."""
    wanted = list(keys)
    counted: dict[UUID, int] = dict(
        fetch(statements.COUNTS, locale, currency or settings.BASE_CURRENCY, wanted, wanted)
    )
    return {key: counted.get(key, 0) for key in keys}


class SitemapEntries(Sequence[SitemapEntry]):
    """Every card's address; read in slices, so that it never stands in memory whole."""

    def __init__(self, rows: QuerySet[Card]) -> None:
        self._rows = rows.order_by("pk").values_list("path", "updated_at", "image__src", "title")

    def __len__(self) -> int:
        return self._rows.count()

    @overload
    def __getitem__(self, index: int) -> SitemapEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[SitemapEntry]: ...
    def __getitem__(self, index: int | slice) -> SitemapEntry | list[SitemapEntry]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        return [
            SitemapEntry(path=path, updated_at=updated_at, image_url=src or "", title=title)
            for path, updated_at, src, title in self._rows[index]
        ]


def sitemap_entries(*, locale: str = "en") -> SitemapEntries:
    """Return the addresses and pictures of everything on sale."""
    return SitemapEntries(_matching(CardFilter(), locale, None))


Looked = tuple[int, Callable[[int, int], list[CardData]]]
"""How many match, counted to just above `COUNT_CAP`, and what reads some of them."""


def _browse(filter: CardFilter, sort: str, locale: str, currency: str) -> Looked:
    where, values = statements.matching(filter, locale, currency)
    order = "popular" if sort == "relevance" else sort
    [(counted,)] = fetch(statements.count(where), *values, COUNT_CAP + 1)

    def read(first: int, most: int) -> list[CardData]:
        found = fetch(statements.rows(where, order), *values, most, first)
        return [_card(*columns) for columns in found]

    return counted, read


def _search(filter: CardFilter, sort: str, locale: str, currency: str) -> Looked:
    rows = _matching(filter, locale, currency)
    counted = rows.order_by().values("pk")[: COUNT_CAP + 1].count()

    def read(first: int, most: int) -> list[CardData]:
        found = _sorted(rows, filter, sort)[first : first + most]
        return [_card(*columns) for columns in found.values_list("image", *statements.COLUMNS)]

    return counted, read


def _matching(filter: CardFilter, locale: str, currency: str | None) -> QuerySet[Card]:
    rows = Card.objects.filter(locale=locale, currency=currency or settings.BASE_CURRENCY)
    if filter.category_key is not None:
        rows = rows.filter(category_keys__contains=[filter.category_key])
    if filter.seller_id is not None:
        rows = rows.filter(seller_id=filter.seller_id)
    if filter.product_ids is not None:
        rows = rows.filter(product_id__in=filter.product_ids)
    if filter.in_stock:
        rows = rows.filter(in_stock=True)
    if filter.query is not None:
        query = words.tsquery(filter.query)
        rows = rows.filter(search=_query(query)) if query else rows.none()
    return rows


def _sorted(rows: QuerySet[Card], filter: CardFilter, sort: str) -> QuerySet[Card]:
    if sort != "relevance":
        return rows.order_by(*SORTS[sort])
    popular = rows.order_by(*SORTS["popular"])
    if filter.query is None:
        return popular
    # Ranking costs about two microseconds a row: of 20,000 matches that would be 40 ms.
    rank = SearchRank(F("search"), _query(words.tsquery(filter.query)))
    candidates = Card.objects.filter(pk__in=popular.values("pk")[:COUNT_CAP])
    return candidates.annotate(rank=rank).order_by(*SORTS["relevance"])


def _query(query: str) -> SearchQuery:
    return SearchQuery(query, search_type="raw", config="simple")


def _card(
    image: dict[str, Any] | str, product_id: int, title: str, path: str, seller_id: int,
    seller_name: str, seller_path: str, brand: str, price_minor: int,
    compare_at_minor: int | None, price_varies: bool, in_stock: bool, variants_summary: str,
    currency: str,
) -> CardData:  # fmt: skip
    return CardData(
        product_id=product_id,
        title=title,
        path=path,
        image=json.loads(image) if isinstance(image, str) else image,
        seller_id=seller_id,
        seller_name=seller_name,
        seller_path=seller_path,
        brand=brand,
        price=Money(price_minor, currency),
        compare_at=None if compare_at_minor is None else Money(compare_at_minor, currency),
        price_varies=price_varies,
        in_stock=in_stock,
        variants_summary=variants_summary,
    )
