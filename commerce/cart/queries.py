"""Reads of carts."""

from collections.abc import Sequence

from django.db.models import F, Q, Sum

from commerce.kernel.money import Money
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from .models import Cart, Line
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
    mine = Q(token=token, user=None)
    if user_id is not None:
        mine |= Q(user_id=user_id)
    found = Cart.objects.filter(mine, state=Cart.State.OPEN)
    return found.order_by(F("user_id").asc(nulls_last=True)).values_list("token", flat=True).first()


def contents(*, token: str, locale: str = "en") -> CartData:
    """Return a cart with today's offers, in six statements. Raises NoSuchCart."""
    cart = Cart.objects.filter(token=token).first()
    if cart is None:
        raise NoSuchCart(token)
    rows = lines_of(cart_id=cart.pk)
    found = offers.current(
        variant_ids=[variant_id for _, variant_id, _ in rows],
        currency=cart.currency,
        locale=locale,
    )
    return describe(
        cart_id=cart.pk,
        token=token,
        currency=cart.currency,
        user_id=cart.user_id,
        rows=rows,
        found=found,
    )


def count(*, token: str) -> int:
    """Return how many units an open cart holds."""
    total: int | None = Line.objects.filter(
        cart__token=token, cart__state=Cart.State.OPEN
    ).aggregate(units=Sum("quantity"))["units"]
    return total or 0


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
    rows = Line.objects.filter(cart_id=cart_id).order_by("pk")
    return list(rows.values_list("pk", "variant_id", "quantity"))


def describe(
    *,
    cart_id: int,
    token: str,
    currency: str,
    user_id: int | None,
    rows: Sequence[tuple[int, int, int]],
    found: dict[int, Offer],
) -> CartData:
    """Put lines and offers together."""
    lines = [
        CartLine(
            id=line_id,
            variant_id=variant_id,
            quantity=quantity,
            offer=found[variant_id],
            total=found[variant_id].price * quantity,
            problem=_problem(found[variant_id], quantity),
        )
        for line_id, variant_id, quantity in rows
    ]
    sellable = [line.total for line in lines if line.offer.is_sellable]
    return CartData(
        id=cart_id,
        token=token,
        currency=currency,
        user_id=user_id,
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
