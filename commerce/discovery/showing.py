"""Cards as one shopper is told of them: with the promotions that are on, and their own prices."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, fetch
from commerce.offers import queries as offers
from commerce.offers.types import Offer, Shown
from commerce.pricing import queries as pricing
from commerce.pricing.types import QuoteLine, Standing
from commerce.sellers import queries as sellers

from .types import CardData

Told = dict[int, CardData]
_CATEGORIES = Planned("""
SELECT product_id, category_keys::text[] FROM discovery_card
WHERE locale = %s AND currency = %s AND product_id = ANY (%s)
""")


def as_shown(
    *,
    cards: Collection[CardData],
    standing: Standing,
    currency: str,
    user_id: int | None = None,
    is_first_order: bool | None = None,
    locale: str = "en",
) -> Told:
    """Return cards by product with the price and the promotion that this shopper is told.

    Nothing is asked where nothing is on. Promotions take at most seven statements, prices
    for the shopper's groups five, however many cards there are. What is sorted and found
    by price goes by the public price.
    """
    told = {card.product_id: card for card in cards}
    if standing.own and not standing.has_lists:
        keys = _categories(told, standing, currency, locale)
        for product_id, card in told.items():
            told[product_id] = _by_price(card, standing, keys, is_first_order)
    exact = list(told) if standing.has_lists else _to_be_measured(told.values())
    if exact:
        offered = offers.of_products(
            product_ids=exact, currency=currency, locale=locale, user_id=user_id
        )
        shown = offers.as_shown(
            offers=[offer for each in offered.values() for offer in each],
            standing=standing,
            is_first_order=is_first_order,
        )
        told |= _by_offers(told, shown)
    return told


def _categories(
    told: Told, standing: Standing, currency: str, locale: str
) -> Mapping[int, frozenset[str]]:
    """The cards' categories, where a promotion asks for them."""
    if not any(promotion.category_keys for promotion in standing.own):
        return {}
    rows = fetch(_CATEGORIES, locale, currency, list(told))
    return {product_id: frozenset(keys) for product_id, keys in rows}


def _by_price(
    card: CardData,
    standing: Standing,
    keys: Mapping[int, frozenset[str]],
    is_first_order: bool | None,
) -> CardData:
    line = QuoteLine(
        key=card.product_id,
        seller_id=card.seller_id,
        unit_minor=card.price.minor,
        quantity=1,
        product_id=card.product_id,
        category_keys=keys.get(card.product_id, frozenset()),
    )
    found = pricing.announce(line=line, promotions=standing.own, is_first_order=is_first_order)
    if not found.taken and not found.others:
        return card
    before = card.compare_at or card.price if found.taken else card.compare_at
    price = Money(found.amount_minor, card.price.currency)
    told = Shown(
        price=price,
        before=before if before and before.minor > price.minor else None,
        lowest_before=None,
        public=card.price,
        taken=found.taken,
        others=found.others,
    )
    return replace(card, price=told.price, compare_at=told.before, told=told)


def _to_be_measured(cards: Iterable[CardData]) -> list[int]:
    """The reduced ones that the law lets be compared with the lowest price before only."""
    reduced = [card for card in cards if card.told and card.told.taken]
    if not reduced:
        return []
    known = sellers.sellers(seller_ids={card.seller_id for card in reduced})
    countries = {seller_id: seller.country for seller_id, seller in known.items()}
    return [
        card.product_id
        for card in reduced
        if offers.holds_lowest_price_rule(countries.get(card.seller_id, ""))
    ]


def _by_offers(told: Told, offered: Sequence[Offer]) -> Told:
    """Cards with the lowest of their variants' prices, as a card is made of them."""
    grouped: dict[int, list[Offer]] = {}
    for offer in offered:
        if offer.refusal in (None, "sold-out"):
            grouped.setdefault(offer.product_id, []).append(offer)
    found = {}
    for product_id, own in grouped.items():
        shown = [offer.told for offer in own if offer.is_sellable] or [each.told for each in own]
        cheapest = min(shown, key=lambda each: each.price.minor)
        found[product_id] = replace(
            told[product_id],
            price=cheapest.price,
            compare_at=cheapest.before,
            price_varies=len({each.price.minor for each in shown}) > 1,
            told=cheapest,
        )
    return found
