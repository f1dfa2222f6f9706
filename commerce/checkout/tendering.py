"""Paying with what the marketplace owes the shopper: gift cards and store credit."""

from dataclasses import replace

from commerce.cart.types import CartData
from commerce.credits import queries as credits
from commerce.credits.types import CreditData
from commerce.gateways.payments import least_charge
from commerce.kernel.money import Money

from .models import Checkout
from .types import Review

MOST_CARDS = 5


def with_credit(review: Review, told: Checkout | None) -> Review:
    """Add what credit the shopper has and what of it the order will take."""
    cards = told.gift_cards if told else []
    owner = review.cart.user_id
    if review.quote is None or not (cards or owner):
        return review
    found = usable_by(cart=review.cart, cards=cards)
    own = [credit for credit in found if not credit.ending]
    used = found if told and told.use_credit else [credit for credit in found if credit.ending]
    return replace(
        review,
        credit=credits.plan(
            credits=used,
            total=review.quote.total,
            least=least_charge(review.quote.total.currency),
        ),
        store_credit=sum((each.balance for each in own), Money.zero(review.cart.currency))
        if own
        else None,
        uses_store_credit=bool(told and told.use_credit),
    )


def usable_by(*, cart: CartData, cards: list[int]) -> list[CreditData]:
    """Return the cards that were typed for a cart and its owner's store credit."""
    return credits.usable(credit_ids=cards, user_id=cart.user_id, currency=cart.currency)
