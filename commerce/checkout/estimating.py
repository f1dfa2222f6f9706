"""What a cart would come to somewhere, before anybody gives an address. Nothing is agreed on it."""

import json

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.cart import queries as carts
from commerce.kernel.sql import execute
from commerce.pricing import operations as pricing

from .queries import basket_of
from .refusals import CartUnavailable
from .types import Basket

_KEEP = """
INSERT INTO checkout_checkout AS told (cart_id, email, ship_to, methods, estimate_for, updated_at)
VALUES (%s, '', '{}', '{}', %s::jsonb, statement_timestamp())
ON CONFLICT (cart_id) DO UPDATE SET
    estimate_for = EXCLUDED.estimate_for, updated_at = EXCLUDED.updated_at
"""


def estimate_for(*, cart_token: str, country: str, postal_code: str) -> Basket:
    """Keep a place with the cart and return what it would come to there.

    An address that was given counts more. The tax engine is asked for the rates of the
    place, carriers are not: their prices come with the address. Raises InvalidAddress
    (of accounts), in which case nothing is kept, and CartUnavailable.
    """
    place = accounts.check_place(address=AddressData(country=country, postal_code=postal_code))
    try:
        cart = carts.contents(token=cart_token)
    except carts.NoSuchCart:
        raise CartUnavailable from None
    pricing.refresh_place_rates(
        country=place.country, region=place.region, postal_code=place.postal_code, city=""
    )
    kept = {"country": place.country, "region": place.region, "postal_code": place.postal_code}
    execute(_KEEP, cart.id, json.dumps(kept))
    return basket_of(cart=cart)
