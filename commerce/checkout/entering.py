"""Promotion codes: entered into a cart, looked at against what it holds, kept or refused."""

from dataclasses import replace

from django.conf import settings

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.cart.types import CartData
from commerce.pricing.queries import written

from .queries import basket_of
from .refusals import CartUnavailable, CodeRefused
from .types import Basket

# A code that waits for something else to be chosen is kept; the cart says so.
_KEPT = ("applied", "shipping-later", "better-offer")


def enter_code(*, cart_token: str, code: str) -> Basket:
    """Keep a promotion code in an open cart and return what the cart comes to with it.

    Entering it twice changes nothing. An order takes as many codes as
    PROMOTION_CODES_PER_ORDER says. Raises CodeRefused with the reason, in which case
    nothing is kept, and CartUnavailable. The caller limits how often codes are tried.
    """
    cart = _contents(cart_token)
    wanted = written(code)
    if not wanted:
        raise CodeRefused("Type the code first.")
    if wanted in cart.codes:
        return basket_of(cart=cart)
    others = _still_good(cart)
    found = basket_of(cart=replace(cart, codes=(wanted,)))
    refusals = [state.message for state in found.codes if state.status not in _KEPT]
    if refusals or not found.codes:
        raise CodeRefused(" ".join(refusals) or "Put something into your cart first.")
    if len(others) >= settings.PROMOTION_CODES_PER_ORDER:
        raise CodeRefused(_too_many(others, wanted))
    return _keep(cart, (*others, wanted))


def _too_many(others: list[str], wanted: str) -> str:
    allowed = settings.PROMOTION_CODES_PER_ORDER
    if allowed == 1:
        return f"An order takes one code. Remove {others[-1]} to use {wanted}."
    return f"An order takes {allowed} codes. Remove {' or '.join(others)} to use {wanted}."


def remove_code(*, cart_token: str, code: str) -> Basket:
    """Take a code out of a cart; one that is not in it changes nothing. Raises CartUnavailable."""
    cart = _contents(cart_token)
    return _keep(cart, tuple(each for each in cart.codes if each != written(code)))


def _still_good(cart: CartData) -> list[str]:
    """The codes that are in the way of another: one that has ended makes room."""
    if not cart.codes:
        return []
    gone = ("unknown", "ended", "used-up", "used-by-you", "currency", "not-for-you")
    return [state.code for state in basket_of(cart=cart).codes if state.status not in gone]


def _keep(cart: CartData, codes: tuple[str, ...]) -> Basket:
    try:
        carts.keep_codes(token=cart.token, codes=codes)
    except carts.CartClosed:
        raise CartUnavailable from None
    return basket_of(cart=replace(cart, codes=codes))


def _contents(cart_token: str) -> CartData:
    try:
        return cart_queries.contents(token=cart_token)
    except cart_queries.NoSuchCart:
        raise CartUnavailable from None
