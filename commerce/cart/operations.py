"""Writes of carts. A cart's row is locked before its lines and before anything else."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel.sql import execute, fetch_one
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from . import statements
from .models import Cart, Line
from .queries import REFUSALS, describe, lines_of
from .types import CartData

MAX_QUANTITY = 999
MAX_LINES = 200
GUEST_DAYS = 30

_MESSAGES: dict[str, str] = {
    **REFUSALS,
    "unknown": "This item is not sold here.",
    "cart-full": f"A cart holds at most {MAX_LINES} different items.",
}


class NotForSale(Exception):
    """The variant cannot be put into a cart. `message` tells the shopper why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.message = _MESSAGES[reason]
        super().__init__(self.message)


class QuantityLimited(Exception):
    """Fewer units than asked were put into the cart: `applied`, which was kept."""

    def __init__(self, available: int, applied: int) -> None:
        self.available = available
        self.applied = applied
        if applied == MAX_QUANTITY:
            self.message = f"At most {MAX_QUANTITY} of one item fit into an order."
        elif applied == 1:
            self.message = "Only 1 is available; your cart now holds it."
        else:
            self.message = f"Only {available} are available; your cart now holds {applied}."
        super().__init__(self.message)


class LineGone(Exception):
    """The line is not in this cart any more."""


class CartClosed(Exception):
    """The cart was ordered, merged or has expired, or never existed."""


def open_cart(*, user_id: int | None, currency: str) -> str:
    """Return the token of a new guest cart, or of the person's one open cart."""
    if user_id is None:
        return Cart.objects.create(currency=currency).token
    cart, _ = Cart.objects.get_or_create(
        user_id=user_id, state=Cart.State.OPEN, defaults={"currency": currency}
    )
    return cart.token


def add(*, token: str, variant_id: int, quantity: int, locale: str = "en") -> CartData:
    """Put units into an open cart, on top of those it holds, in six statements.

    When fewer are available, those are put in and QuantityLimited says so. Raises
    CartClosed, NotForSale (nothing changes), ValueError for a quantity below one.
    """
    if quantity < 1:
        raise ValueError("a quantity is at least one")
    with transaction.atomic():
        row = fetch_one(statements.ADD, token, variant_id, min(quantity, MAX_QUANTITY))
        if row is None:
            raise CartClosed(token)
        cart_id, currency, user_id, line_id, held, before = row
        rows = lines_of(cart_id=cart_id)
        if len(rows) > MAX_LINES:
            raise NotForSale("cart-full")
        found = offers.current(
            variant_ids=[variant for _, variant, _ in rows], currency=currency, locale=locale
        )
        offer = _sellable(found.get(variant_id))
        applied = min(held, offer.available)
        if applied < held:
            Line.objects.filter(pk=line_id).update(quantity=applied)
    if applied < max(held, min(before, MAX_QUANTITY) + quantity):
        raise QuantityLimited(offer.available, applied)
    return describe(
        cart_id=cart_id, token=token, currency=currency, user_id=user_id, rows=rows, found=found
    )


def set_quantity(*, token: str, line_id: int, quantity: int) -> None:
    """Set how many of a line are wanted; zero removes it.

    When fewer are available, those are kept and QuantityLimited says so. Raises
    CartClosed, LineGone, NotForSale (nothing changes), ValueError below zero.
    """
    if quantity < 0:
        raise ValueError("a quantity is not negative")
    if quantity == 0:
        remove(token=token, line_id=line_id)
        return
    with transaction.atomic():
        cart_id, currency = _touch(token)
        line = Line.objects.filter(pk=line_id, cart_id=cart_id).first()
        if line is None:
            raise LineGone(line_id)
        found = offers.current(variant_ids=[line.variant_id], currency=currency)
        offer = _sellable(found.get(line.variant_id))
        applied = min(quantity, offer.available, MAX_QUANTITY)
        Line.objects.filter(pk=line_id).update(quantity=applied)
    if applied < quantity:
        raise QuantityLimited(offer.available, applied)


@transaction.atomic
def remove(*, token: str, line_id: int) -> None:
    """Take a line out. Raises CartClosed, LineGone."""
    cart_id, _ = _touch(token)
    deleted, _ = Line.objects.filter(pk=line_id, cart_id=cart_id).delete()
    if not deleted:
        raise LineGone(line_id)


@transaction.atomic
def merge(*, guest_token: str, user_id: int) -> str | None:
    """Join a guest's cart with the person's at sign-in; return the person's cart, if any.

    Of an item that is in both, the larger quantity is kept. Repeating it changes
    nothing, and a cart of somebody else is left alone.
    """
    carts = list(
        Cart.objects.select_for_update()
        .filter(Q(token=guest_token, user=None) | Q(user_id=user_id), state=Cart.State.OPEN)
        .order_by("pk")
    )
    own = next((cart for cart in carts if cart.user_id == user_id), None)
    guest = next((cart for cart in carts if cart.user_id is None), None)
    if guest is None:
        return own.token if own else None
    if own is None:
        guest.user_id = user_id
        guest.save(update_fields=["user"])
        return guest.token
    _pour(source=guest, target=own)
    return own.token


@transaction.atomic
def mark_ordered(*, cart_id: int) -> None:
    """Close a cart because it became an order. Raises CartClosed when it is not open."""
    if not Cart.objects.filter(pk=cart_id, state=Cart.State.OPEN).update(state=Cart.State.ORDERED):
        raise CartClosed(cart_id)


@transaction.atomic
def reopen(*, cart_id: int) -> str:
    """Give an ordered cart back after its order failed; return its token.

    What the person put into a newer cart meanwhile is kept. Repeating it changes
    nothing. Raises CartClosed when the cart was merged or has expired.
    """
    cart = Cart.objects.select_for_update().filter(pk=cart_id).first()
    if cart is None or cart.state in (Cart.State.MERGED, Cart.State.EXPIRED):
        raise CartClosed(cart_id)
    if cart.state == Cart.State.OPEN:
        return cart.token
    if cart.user_id is not None:
        newer = (
            Cart.objects.select_for_update()
            .filter(user_id=cart.user_id, state=Cart.State.OPEN)
            .first()
        )
        if newer is not None:
            _pour(source=newer, target=cart)
    cart.state = Cart.State.OPEN
    cart.touched_at = Now()
    cart.save(update_fields=["state", "touched_at"])
    return cart.token


@transaction.atomic
def expire(*, limit: int = 1000) -> int:
    """End guest carts nobody touched for thirty days; returns how many.

    A person's own cart stays: it follows them for as long as the account exists.
    """
    stale = Cart.objects.select_for_update(skip_locked=True).filter(
        state=Cart.State.OPEN, user=None, touched_at__lt=Now() - timedelta(days=GUEST_DAYS)
    )
    ids = list(stale.order_by("pk").values_list("pk", flat=True)[:limit])
    Line.objects.filter(cart_id__in=ids).delete()
    Cart.objects.filter(pk__in=ids).update(state=Cart.State.EXPIRED)
    return len(ids)


def _touch(token: str) -> tuple[int, str]:
    row = fetch_one(statements.TOUCH, token)
    if row is None:
        raise CartClosed(token)
    cart_id, currency = row
    return cart_id, currency


def _sellable(offer: Offer | None) -> Offer:
    if offer is None:
        raise NotForSale("unknown")
    if offer.refusal is not None:
        raise NotForSale(offer.refusal)
    return offer


def _pour(*, source: Cart, target: Cart) -> None:
    """Move the lines of one locked cart into another locked one."""
    execute(statements.POUR, target.pk, source.pk)
    Line.objects.filter(cart=source).delete()
    source.state = Cart.State.MERGED
    source.save(update_fields=["state"])
