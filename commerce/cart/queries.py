"""Reads of carts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings

from commerce.inventory import operations as inventory_operations
from commerce.inventory import queries as inventory
from commerce.inventory.types import Kept
from commerce.kernel.money import Money
from commerce.kernel.sql import Row, fetch, fetch_one
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from . import statements
from .models import Cart
from .types import CartData, CartLine

REFUSALS: dict[str, str] = {
    "withdrawn": "This item is no longer sold.",
    "seller-away": "This item's seller is away at the moment.",
    "no-price": "This item has no price at the moment.",
    "sold-out": "This item is sold out.",
}


def priceless(currency: str) -> str:
    """Say of an item without a price whether it is sold for other money."""
    if currency in ("", settings.BASE_CURRENCY):
        return REFUSALS["no-price"]
    return f"This item is not sold in {currency}."


class NoSuchCart(LookupError):
    """No cart has this token."""


def find(*, token: str, user_id: int | None) -> str | None:
    """Return the open cart a visitor means: a person's own, else the guest's of that token."""
    row = fetch_one(statements.FIND, user_id, token)
    return row[0] if row else None


def named(*, token: str, user_id: int | None) -> str | None:
    """Return the token when its cart, open or closed, is a guest's or this very person's."""
    row = fetch_one(statements.NAMED, token, user_id)
    return row[0] if row else None


def contents(*, token: str, locale: str = "en") -> CartData:
    """Return a cart with today's offers, in five statements. Raises NoSuchCart."""
    found = fetch(statements.CONTENTS, token)
    if not found:
        raise NoSuchCart(token)
    cart_id, currency, user_id, codes = found[0][:4]
    rows, kept = _rows([row[4:] for row in found if row[4]])
    offered = offers.current(
        variant_ids=[variant for _, variant, _ in rows],
        currency=currency,
        locale=locale,
        user_id=user_id,
    )
    held = holds_of(cart_id=cart_id, found=offered, kept=kept)
    return describe(
        cart_id=cart_id,
        token=token,
        currency=currency,
        user_id=user_id,
        codes=codes,
        rows=rows,
        found=with_own(found=offered, held=held),
        held=held,
        kept=kept,
    )


def count(*, token: str) -> int:
    """Return how many units an open cart holds."""
    row = fetch_one(statements.COUNT, token)
    return int(row[0]) if row else 0


def cart_id_of(*, token: str) -> int:
    """Return a cart's id. Raises NoSuchCart."""
    found = Cart.objects.filter(token=token).values_list("pk", flat=True).first()
    if found is None:
        raise NoSuchCart(token)
    return found


def tokens(*, cart_ids: Sequence[int]) -> dict[int, str]:
    """Return carts' tokens by id."""
    return dict(Cart.objects.filter(pk__in=cart_ids).values_list("pk", "token"))


Rows = list[tuple[int, int, int]]
Holds = Mapping[int, Kept]


def lines_of(*, cart_id: int) -> tuple[Rows, dict[int, Kept]]:
    """Return line, variant and quantity of each line, oldest first, and what the checkout holds."""
    return _rows(fetch(statements.LINES, inventory_operations.checkout_holder(cart_id), cart_id))


def _rows(found: Sequence[Row]) -> tuple[Rows, dict[int, Kept]]:
    rows = [(line_id, variant_id, quantity) for line_id, variant_id, quantity, *_ in found]
    kept = {
        variant_id: Kept(units=units, there=there, until=until, lives=lives)
        for _, variant_id, _, units, there, until, lives in found
        if until
    }
    return rows, kept


def holds_of(*, cart_id: int, found: Mapping[int, Offer], kept: Holds) -> dict[int, Kept]:
    """Return what the cart and its checkout hold; asks only for what carts may hold."""
    held = {variant_id: one for variant_id, one in kept.items() if one.units}
    ids = [offer.variant_id for offer in found.values() if offer.cart_hold_minutes]
    by_cart = inventory.held_in_cart(cart_id=cart_id, variant_ids=ids) if ids else {}
    for variant_id, (units, until) in by_cart.items():
        before = held.get(variant_id, Kept(units=0, there=0, until=until))
        held[variant_id] = Kept(
            units=before.units + units,
            there=before.there + units,
            until=min(before.until, until),
            lives=before.lives,
        )
    return held


def with_own(*, found: Mapping[int, Offer], held: Holds) -> dict[int, Offer]:
    """Count what the cart holds as available to it."""
    return {
        variant_id: _with(offer, held[variant_id]) if variant_id in held else offer
        for variant_id, offer in found.items()
    }


def _with(offer: Offer, own: Kept) -> Offer:
    return replace(
        offer,
        available=offer.available + own.units,
        in_stock=offer.in_stock + own.there,
        refusal=None if offer.refusal == "sold-out" else offer.refusal,
    )


def kept_by_checkout(*, cart: CartData, variant_ids: Sequence[int], until: datetime) -> CartData:
    """Return the cart as it is now that its checkout holds these variants."""
    kept = {
        line.variant_id: Kept(units=line.quantity, there=line.quantity, until=until)
        for line in cart.lines
        if line.variant_id in variant_ids
    }
    lines = [
        replace(line, held=line.quantity, held_until=until) if line.variant_id in kept else line
        for line in cart.lines
    ]
    return replace(cart, lines=lines, kept=kept)


def describe(
    *,
    cart_id: int,
    token: str,
    currency: str,
    user_id: int | None,
    rows: Sequence[tuple[int, int, int]],
    found: dict[int, Offer],
    codes: Sequence[str] = (),
    held: Holds | None = None,
    kept: Holds | None = None,
) -> CartData:
    """Put lines, offers and what the cart and its checkout hold together."""
    alive = {variant_id: one for variant_id, one in (held or {}).items() if one.lives}
    lines = [
        CartLine(
            id=line_id,
            variant_id=variant_id,
            quantity=quantity,
            offer=found[variant_id],
            total=found[variant_id].unit_at(quantity) * quantity,
            problem=_problem(found[variant_id], quantity),
            promised_by=found[variant_id].arrives_on(quantity),
            held_until=alive[variant_id].until if variant_id in alive else None,
            held=alive[variant_id].units if variant_id in alive else 0,
        )
        for line_id, variant_id, quantity in rows
    ]
    sellable = [line.total for line in lines if line.offer.is_sellable]
    return CartData(
        id=cart_id,
        token=token,
        currency=currency,
        user_id=user_id,
        codes=tuple(codes),
        lines=lines,
        count=sum(line.quantity for line in lines),
        goods=sum(sellable, start=Money.zero(currency)),
        kept=kept or {},
    )


def _problem(offer: Offer, quantity: int) -> str | None:
    if offer.refusal == "no-price":
        return priceless(offer.price.currency)
    if offer.refusal is not None:
        return REFUSALS[offer.refusal]
    if offer.available < quantity:
        return f"Only {offer.available} left. Lower the quantity to order."
    return None
