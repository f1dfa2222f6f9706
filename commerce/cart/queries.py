"""Reads of carts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from commerce.inventory import queries as inventory
from commerce.kernel.money import Money
from commerce.kernel.sql import fetch, fetch_one
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
    rows = [(line, variant, quantity) for *_, line, variant, quantity in found if line]
    offered = offers.current(
        variant_ids=[variant for _, variant, _ in rows],
        currency=currency,
        locale=locale,
        user_id=user_id,
    )
    held = holds_of(cart_id=cart_id, found=offered)
    return describe(
        cart_id=cart_id,
        token=token,
        currency=currency,
        user_id=user_id,
        codes=codes,
        rows=rows,
        found=with_own(found=offered, held=held),
        held=held,
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


def lines_of(*, cart_id: int) -> list[tuple[int, int, int]]:
    """Return line, variant and quantity of each line, oldest first."""
    rows = fetch(statements.LINES, cart_id)
    return [(line_id, variant_id, quantity) for line_id, variant_id, quantity in rows]


Holds = Mapping[int, tuple[int, datetime]]


def holds_of(*, cart_id: int, found: Mapping[int, Offer]) -> Holds:
    """Return what the cart itself holds of offers that carts may hold; asks only for those."""
    ids = [offer.variant_id for offer in found.values() if offer.cart_hold_minutes]
    return inventory.held_in_cart(cart_id=cart_id, variant_ids=ids) if ids else {}


def with_own(*, found: Mapping[int, Offer], held: Holds) -> dict[int, Offer]:
    """Count what the cart holds as available to it."""
    return {
        variant_id: _with(offer, held[variant_id][0]) if variant_id in held else offer
        for variant_id, offer in found.items()
    }


def _with(offer: Offer, units: int) -> Offer:
    return replace(
        offer,
        available=offer.available + units,
        in_stock=offer.in_stock + units,
        refusal=None if offer.refusal == "sold-out" else offer.refusal,
    )


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
) -> CartData:
    """Put lines, offers and what the cart holds together."""
    until = {variant_id: moment for variant_id, (_, moment) in (held or {}).items()}
    lines = [
        CartLine(
            id=line_id,
            variant_id=variant_id,
            quantity=quantity,
            offer=found[variant_id],
            total=found[variant_id].unit_at(quantity) * quantity,
            problem=_problem(found[variant_id], quantity),
            promised_by=found[variant_id].arrives_on(quantity),
            held_until=until.get(variant_id),
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
    )


def _problem(offer: Offer, quantity: int) -> str | None:
    if offer.refusal is not None:
        return REFUSALS[offer.refusal]
    if offer.available < quantity:
        return f"Only {offer.available} left. Lower the quantity to order."
    return None
