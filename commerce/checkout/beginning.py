"""A checkout begins: every line is looked at, and all of it is held."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.cart.types import CartData, CartLine
from commerce.inventory import operations as inventory
from commerce.kernel import clock
from commerce.kernel.failpoints import failpoint
from commerce.kernel.sql import is_crowded

from .placing import places_of, refuse_place
from .refusals import CartChanged, CartEmpty, CartUnavailable, Crowded, HoldsTooMuch, StockShort
from .types import Review


def begin(*, cart_token: str, principal: str = "") -> datetime | None:
    """Look at every line of a cart and hold it all; returns until when.

    Repeating it changes nothing, and the deadline never moves: a cart is held for its
    checkout once an hour, unless an order took over what was held. None: nothing is
    held, as that time has passed or CHECKOUT_HOLD_MINUTES is 0; the checkout may go on.
    Raises CartEmpty, CartChanged, StockShort, HoldsTooMuch, Crowded and CartUnavailable.
    """
    try:
        cart = cart_queries.contents(token=cart_token)
    except cart_queries.NoSuchCart:
        raise CartUnavailable from None
    if not cart.lines:
        raise CartEmpty
    problems = [f"{line.offer.title}: {line.problem}" for line in cart.lines if line.problem]
    if problems:
        raise CartChanged(problems)
    return held(cart=cart, principal=principal).kept_until


def held(*, cart: CartData, principal: str) -> CartData:
    """Hold what a cart has unless it is held or has been; for this module's own use.

    Lines that cannot be ordered as they stand hold nothing: the pages tell of them.
    Raises StockShort, HoldsTooMuch, Crowded and CartUnavailable.
    """
    if not settings.CHECKOUT_HOLD_MINUTES or cart.has_lapsed or not cart.is_orderable:
        return cart
    if cart.kept and cart.kept_until:
        return cart
    return _hold(cart, _to_hold(cart), principal, places={})


def held_where_chosen(*, review: Review, principal: str) -> CartData:
    """Hold what is to be got at a place where it was chosen; for this module's own use.

    Raises StockShort, of which PlaceShort, HoldsTooMuch, Crowded and CartUnavailable.
    """
    cart = held(cart=review.cart, principal=principal)
    places = places_of(review)
    if places and cart.kept and not cart.has_lapsed and cart.is_orderable:
        try:
            cart = _hold(cart, _to_hold(cart), principal, places=places)
        except StockShort as short:
            refuse_place(review, short.shortages)
            raise
    return cart


def _to_hold(cart: CartData) -> list[CartLine]:
    """All lines but those that the cart itself holds for longer than its checkout does."""
    by_cart = [
        line
        for line in cart.lines
        if line.held_until and line.held >= line.quantity and line.variant_id not in cart.kept
    ]
    if not by_cart:
        return cart.lines
    begun = [one.until for one in cart.kept.values() if one.lives]
    until = begun[0] if begun else clock.now() + timedelta(minutes=settings.CHECKOUT_HOLD_MINUTES)
    stay = {line.id for line in by_cart if line.held_until and line.held_until >= until}
    return [line for line in cart.lines if line.id not in stay]


def _hold(
    cart: CartData, lines: list[CartLine], principal: str, *, places: Mapping[int, int]
) -> CartData:
    if not lines:
        return cart
    titles = {line.variant_id: line.offer.title for line in lines}
    try:
        with transaction.atomic():
            carts.lock_open(cart_id=cart.id)
            until = inventory.hold_for_checkout(
                cart_id=cart.id,
                quantities={line.variant_id: line.quantity for line in lines},
                minutes=settings.CHECKOUT_HOLD_MINUTES,
                principal=principal,
                late=[line.variant_id for line in lines if line.promised_by],
                replaces=[
                    inventory.cart_holder(cart.id, line.variant_id)
                    for line in lines
                    if line.offer.cart_hold_minutes
                ],
                places=places,
            )
            failpoint("checkout_held")
    except carts.CartClosed:
        raise CartUnavailable from None
    except inventory.OutOfStock as short:
        raise StockShort(shortages=short.shortages, titles=titles) from short
    except inventory.ShareTaken as share:
        raise HoldsTooMuch(allowed=share.allowed, titles=titles) from share
    except OperationalError as error:
        if is_crowded(error):
            raise Crowded from error
        raise
    if until is None:
        return cart
    return cart_queries.kept_by_checkout(cart=cart, variant_ids=list(titles), until=until)
