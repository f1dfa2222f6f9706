"""What carriers and registers said, asked again when it is old; never inside a transaction.

The prices that are kept are the ones that are charged, so asking again may change what
a shopper has seen: they are told, and asked to agree again.
"""

from django.db.models.functions import Now

from commerce.cart import queries as carts
from commerce.fulfillment import operations as fulfillment
from commerce.kernel.money import Money
from commerce.pricing import operations as pricing

from .models import Checkout
from .queries import parcels_of, review_of, told_of
from .refusals import CartUnavailable
from .types import Review


def freshen(*, cart_token: str) -> Review:
    """Return what a checkout comes to, with carriers' prices of the last half hour.

    Only sellers that charge what a carrier asks are asked about; a carrier that is away
    costs two seconds, and its last price holds. Raises CartUnavailable.
    """
    try:
        cart = carts.contents(token=cart_token)
    except carts.NoSuchCart:
        raise CartUnavailable from None
    told = told_of(cart_id=cart.id)
    return with_fresh_prices(review=review_of(cart=cart, told=told), told=told)


def with_fresh_prices(*, review: Review, told: Checkout | None) -> Review:
    """Ask carriers about the parcels of a review whose prices are theirs, unless they just were."""
    if review.address is None:
        return review
    asking = {
        part.seller_id
        for part in review.parts
        if any(option.kind == "live" for option in part.options)
    }
    if not asking:
        return review
    asked = fulfillment.refresh_rates(
        parcels=[
            parcel
            for parcel in parcels_of(cart=review.cart, address=review.address)
            if parcel.seller_id in asking
        ],
        destination=review.address,
        currency=review.cart.currency,
    )
    return review_of(cart=review.cart, told=told) if asked else review


def freshen_before_placing(*, told: Checkout, cart_token: str) -> list[str]:
    """Ask again what an order is about to be agreed on, when that is old; say what changed.

    It is old half an hour after the shopper told us something last, or when the cart
    was changed since.
    """
    if not told.is_stale:
        return []
    changes = _check_again(told)
    try:
        cart = carts.contents(token=cart_token)
    except carts.NoSuchCart:
        return changes
    before = review_of(cart=cart, told=told)
    after = with_fresh_prices(review=before, told=told)
    changes += changed_shipping(seen=prices_of(before), review=after)
    Checkout.objects.filter(pk=told.pk).update(vat_check=told.vat_check, updated_at=Now())
    return changes


def _check_again(told: Checkout) -> list[str]:
    if not told.vat_id or not pricing.is_stale(check=told.vat_check):
        return []
    try:
        told.vat_check = pricing.check_vat_id(number=told.vat_id)
    except pricing.InvalidVatId as gone:
        told.vat_check = {"state": "refused"}
        return [str(gone)]
    if pricing.exempts(check=told.vat_check):
        return []
    return [f"The EU's register gives no answer about {told.vat_id} at the moment."]


def prices_of(review: Review) -> dict[int, Money]:
    """Return what each seller's chosen way of shipping costs."""
    return {part.seller_id: part.chosen.price for part in review.parts if part.chosen}


def changed_shipping(*, seen: dict[int, Money], review: Review) -> list[str]:
    """Say whose shipping costs otherwise than what was seen."""
    now = prices_of(review)
    return [
        f"Shipping from {part.seller_name} costs {now[part.seller_id]} now, "
        f"not {seen[part.seller_id]}."
        for part in review.parts
        if part.seller_id in now
        and seen.get(part.seller_id, now[part.seller_id]) != now[part.seller_id]
    ]
