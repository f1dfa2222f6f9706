"""What a page tells of offers: the same price that a cart with one piece would come to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings

from commerce.kernel.money import Money
from commerce.pricing import queries as pricing
from commerce.pricing.operations import EU_COUNTRIES
from commerce.pricing.types import Announced, Promotion, QuoteLine, Reduced, Standing

from .types import Offer, Shown


def as_shown(
    *, offers: Sequence[Offer], standing: Standing, is_first_order: bool | None = None
) -> list[Offer]:
    """Return offers with what a page tells of them, by the promotions that are on.

    Two statements more where a promotion reduces a price: for what it is compared with.
    """
    if not standing.own and not standing.public:
        return list(offers)
    own = [
        _announced(offer, offer.price, standing.own, is_first_order=is_first_order)
        for offer in offers
    ]
    reduced = [
        Reduced(line=_line(offer, offer.price), by=told.taken)
        for offer, told in zip(offers, own, strict=True)
        if told.taken
    ]
    currency = offers[0].price.currency if offers else settings.BASE_CURRENCY
    lowest = pricing.lowest_before(reduced=reduced, currency=currency)
    return [
        replace(
            offer,
            shown=_shown(offer, told, _public(offer, told, standing, is_first_order), lowest),
        )
        for offer, told in zip(offers, own, strict=True)
    ]


def holds_lowest_price_rule(seller_country: str) -> bool:
    """Whether EU 2019/2161 holds: for its sellers, and for a marketplace there."""
    return not EU_COUNTRIES.isdisjoint({seller_country, settings.MARKETPLACE["country"]})


def _announced(
    offer: Offer, unit: Money, promotions: Sequence[Promotion], *, is_first_order: bool | None
) -> Announced:
    return pricing.announce(
        line=_line(offer, unit), promotions=promotions, is_first_order=is_first_order
    )


def _line(offer: Offer, unit: Money) -> QuoteLine:
    return QuoteLine(
        key=offer.variant_id,
        seller_id=offer.seller_id,
        unit_minor=unit.minor,
        quantity=1,
        product_id=offer.product_id,
        category_keys=offer.category_keys,
    )


def _public(
    offer: Offer, told: Announced, standing: Standing, is_first_order: bool | None
) -> Money:
    """What a stranger would pay: the same, unless something is for this shopper alone."""
    if offer.ordinary or is_first_order or standing.own != standing.public:
        unit = offer.ordinary or offer.price
        told = _announced(offer, unit, standing.public, is_first_order=None)
    return Money(told.amount_minor, offer.price.currency)


def _shown(offer: Offer, told: Announced, public: Money, lowest: Mapping[int, Money]) -> Shown:
    price = Money(told.amount_minor, offer.price.currency)
    plain = offer.told
    before, lowest_before, measured = plain.before, plain.lowest_before, True
    if offer.ordinary is not None:
        before, lowest_before = public, None
    elif told.taken:
        before, lowest_before = offer.compare_at or offer.price, lowest.get(offer.variant_id)
        if holds_lowest_price_rule(offer.seller_country):
            before, measured = lowest_before, lowest_before == offer.price
    return Shown(
        price=price,
        before=before if before and before.minor > price.minor else None,
        lowest_before=lowest_before,
        public=public,
        is_own=offer.ordinary is not None,
        taken=told.taken,
        others=told.others,
        may_tell_by_how_much=measured,
    )
