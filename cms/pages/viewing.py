"""Whose prices a page shows: who looks, and which promotions are on for them.

A page that shows prices is its visitor's own: no cache hands it to anybody else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from commerce.discovery import queries as discovery
from commerce.discovery.types import CardData, CardPage
from commerce.offers import queries as offers
from commerce.offers.types import Offer
from commerce.orders import queries as orders
from commerce.pricing import queries as pricing
from commerce.pricing.types import Standing

from .currency import chosen


def user_id(request: HttpRequest) -> int | None:
    """Return who is signed in without opening a session for strangers; nobody in a preview."""
    if getattr(request, "is_preview", False):
        return None
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user.pk if request.user.is_authenticated else None


def keep_apart(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say that the page differs by cookie, and keep a person's own page out of shared caches."""
    patch_vary_headers(response, ["Cookie"])
    if user_id(request) is not None:
        patch_cache_control(response, private=True, no_cache=True)
    return response


@dataclass(frozen=True, kw_only=True)
class View:
    """What the prices of a page depend on beside what is sold."""

    currency: str
    user_id: int | None = None
    standing: Standing = field(default_factory=Standing)
    is_first_order: bool | None = None
    """Unknown of strangers, and where no promotion asks."""

    def offers(self, offered: Sequence[Offer]) -> list[Offer]:
        return offers.as_shown(
            offers=offered, standing=self.standing, is_first_order=self.is_first_order
        )

    def cards(self, cards: Iterable[CardData]) -> dict[int, CardData]:
        return discovery.as_shown(
            cards=list(cards),
            standing=self.standing,
            currency=self.currency,
            user_id=self.user_id,
            is_first_order=self.is_first_order,
        )


def view(request: HttpRequest | None, *, seller_ids: Iterable[int]) -> View:
    """Return how a page shows what these sellers sell, in one statement; in none for nobody's.

    A first order is looked for only where a promotion asks for it.
    """
    currency = chosen(request) if request else settings.BASE_CURRENCY
    who = user_id(request) if request else None
    wanted = set(seller_ids)
    if not wanted:
        return View(currency=currency, user_id=who)
    standing = pricing.standing(seller_ids=wanted, currency=currency, user_id=who)
    asked = who is not None and standing.asks_for_first_order
    return View(
        currency=currency,
        user_id=who,
        standing=standing,
        is_first_order=not orders.has_ordered(user_id=who) if who and asked else None,
    )


def cards_shown(request: HttpRequest | None, cards: Iterable[CardData]) -> dict[int, CardData]:
    """Return cards by product as they are shown to whoever looks."""
    wanted = list(cards)
    return view(request, seller_ids=(card.seller_id for card in wanted)).cards(wanted)


def page_shown(request: HttpRequest, page: CardPage) -> CardPage:
    """Return a page of cards as it is shown to whoever looks, in its own order."""
    shown = cards_shown(request, page.cards)
    return replace(page, cards=[shown[card.product_id] for card in page.cards])
