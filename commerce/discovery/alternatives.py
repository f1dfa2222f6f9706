"""What may be bought instead of something that is short: of the same product, else like it."""

from collections.abc import Sequence
from uuid import UUID

from commerce.offers.types import Offer

from .types import RailRule

MOST_VARIANTS = 4
MOST_CARDS = 3


def others(*, wanted: Offer, quantity: int, offered: Sequence[Offer]) -> list[Offer]:
    """Return variants of the product that are there; those that share most of the choice first."""
    found = [
        offer
        for offer in offered
        if offer.variant_id != wanted.variant_id
        and offer.is_sellable
        and offer.available >= quantity
    ]
    found.sort(key=lambda offer: -_shared(wanted, offer))
    return found[:MOST_VARIANTS]


def like(offer: Offer) -> RailRule | None:
    """Return which cards are like an offer: what sells best in its category."""
    if not offer.category_keys:
        return None
    return RailRule(
        sort="popular",
        category_key=UUID(min(offer.category_keys)),
        limit=MOST_CARDS,
        except_product_id=offer.product_id,
    )


def _shared(one: Offer, other: Offer) -> int:
    return sum(a == b for a, b in zip(one.option_values, other.option_values, strict=False))
