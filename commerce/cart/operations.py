"""Writes of carts. A cart's row is locked before its lines and before anything else."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.inventory import operations as inventory
from commerce.inventory import queries as inventory_queries
from commerce.inventory.operations import CartHold
from commerce.inventory.types import Kept
from commerce.kernel import actor
from commerce.kernel.sql import execute, fetch_one
from commerce.kernel.tokens import new_token
from commerce.offers import queries as offers
from commerce.offers.types import Offer

from . import statements
from .models import Cart, Line
from .queries import REFUSALS, describe, holds_of, lines_of, priceless, with_own
from .types import CartData

MAX_QUANTITY = 999
MAX_LINES = 200
GUEST_DAYS = 30

_MESSAGES: dict[str, str] = {
    **REFUSALS,
    "unknown": "This item is not sold here.",
    "share-taken": (
        "So that everybody gets a chance, one shopper can hold only a share of this item at a"
        " time. Finish or cancel your other checkout first."
    ),
    "cart-full": f"A cart holds at most {MAX_LINES} different items.",
}


class NotForSale(Exception):
    """The variant cannot be put into a cart. `message` tells the shopper why."""

    def __init__(self, reason: str, *, currency: str = "") -> None:
        self.reason = reason
        self.message = priceless(currency) if reason == "no-price" else _MESSAGES[reason]
        super().__init__(self.message)


class QuantityLimited(Exception):
    """Fewer units than asked were put into the cart: `applied`, which was kept."""

    def __init__(self, available: int, applied: int, *, share: bool = False) -> None:
        self.available = available
        self.applied = applied
        if share:
            self.message = (
                "So that everybody gets a chance, one shopper can hold only a share of this item"
                f" at a time; your cart now holds {applied}."
            )
        elif applied == MAX_QUANTITY:
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
        token = new_token()
        execute(statements.OPEN_GUEST, token, currency)
        return token
    cart, _ = Cart.objects.get_or_create(
        user_id=user_id, state=Cart.State.OPEN, defaults={"currency": currency}
    )
    return cart.token


def add(
    *, token: str, variant_id: int, quantity: int, locale: str = "en", principal: str = ""
) -> CartData:
    """Put units into an open cart, on top of those it holds, in six statements.

    When fewer are available, those are put in and QuantityLimited says so. Scarce
    items whose seller wants it are held for the cart from now on, for `principal`.
    Raises CartClosed, NotForSale (nothing changes), ValueError for a quantity below
    one.
    """
    if quantity < 1:
        raise ValueError("a quantity is at least one")
    with transaction.atomic():
        row = fetch_one(statements.ADD, token, variant_id, min(quantity, MAX_QUANTITY))
        if row is None:
            raise CartClosed(token)
        cart_id, currency, user_id, line_id, held, before = row
        rows, kept = lines_of(cart_id=cart_id)
        if len(rows) > MAX_LINES:
            raise NotForSale("cart-full")
        found = offers.current(
            variant_ids=[variant for _, variant, _ in rows], currency=currency, locale=locale
        )
        own = holds_of(cart_id=cart_id, found=found, kept=kept)
        found = with_own(found=found, held=own)
        offer = _sellable(found.get(variant_id))
        applied = min(held, offer.available)
        hold = _hold(cart_id, offer, applied, principal, kept)
        if hold.quantity < held:
            applied = _keep(line_id, hold)
        if kept:
            _follow(cart_id)
    if applied < max(held, min(before, MAX_QUANTITY) + quantity):
        raise QuantityLimited(offer.available, applied, share=hold.limit == "share")
    if hold.until:
        own[variant_id] = Kept(units=hold.quantity, there=hold.quantity, until=hold.until)
    return describe(
        cart_id=cart_id,
        token=token,
        currency=currency,
        user_id=user_id,
        rows=rows,
        found=found,
        held=own,
        kept=kept,
    )


def set_quantity(*, token: str, line_id: int, quantity: int, principal: str = "") -> None:
    """Set how many of a line are wanted; zero removes it. A hold keeps its deadline.

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
        kept = inventory_queries.kept(cart_id=cart_id)
        own = holds_of(cart_id=cart_id, found=found, kept=kept)
        offer = _sellable(with_own(found=found, held=own).get(line.variant_id))
        applied = min(quantity, offer.available, MAX_QUANTITY)
        hold = _hold(cart_id, offer, applied, principal, kept)
        applied = _keep(line_id, hold)
        if kept:
            _follow(cart_id)
    if applied < quantity:
        raise QuantityLimited(offer.available, applied, share=hold.limit == "share")


@transaction.atomic
def remove(*, token: str, line_id: int) -> None:
    """Take a line out, and give back what was held for it. Raises CartClosed, LineGone."""
    cart_id, _ = _touch(token)
    line = Line.objects.filter(pk=line_id, cart_id=cart_id).first()
    if line is None:
        raise LineGone(line_id)
    line.delete()
    inventory.release(holder=inventory.cart_holder(cart_id, line.variant_id))
    if inventory_queries.kept(cart_id=cart_id):
        _follow(cart_id)


def keep_codes(*, token: str, codes: Sequence[str]) -> None:
    """Keep the promotion codes that were entered into an open cart. Raises CartClosed."""
    if fetch_one(statements.KEEP_CODES, list(codes), token) is None:
        raise CartClosed(token)


def change_currency(*, token: str, currency: str) -> None:
    """Let an open cart be in another currency, in which each line costs what its seller asks.

    Lines, quantities and holds stay. What is not sold in it is told at its line, and is
    kept until the shopper decides; it cannot be ordered. Raises CartClosed.
    """
    cart = Cart.objects.filter(token=token, state=Cart.State.OPEN)
    if not cart.update(currency=currency, touched_at=Now()):
        raise CartClosed(token)


@transaction.atomic
def merge(*, guest_token: str, user_id: int) -> str | None:
    """Join a guest's cart with the person's at sign-in; return the person's cart, if any.

    Of an item that is in both, the larger quantity is kept; the currency is the guest's,
    who shopped last. Repeating it changes nothing, and a cart of somebody else is left alone.
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


def lock_open(*, cart_id: int) -> None:
    """Keep an open cart open until the caller's transaction ends. Raises CartClosed."""
    if fetch_one(statements.LOCK_OPEN, cart_id) is None:
        raise CartClosed(cart_id)


def mark_ordered(*, cart_id: int, cause: str = "placed") -> None:
    """Close a cart because it became an order, and tell the database who acts, in one trip.

    Raises CartClosed when it is not open.
    """
    told = (actor.current()[:80], cause, actor.request())
    with transaction.atomic(savepoint=False):
        changed = execute(statements.MARK_ORDERED, *told, cart_id)
    if not changed:
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
        raise NotForSale(offer.refusal, currency=offer.price.currency)
    return offer


def _hold(
    cart_id: int, offer: Offer, quantity: int, principal: str, kept: Mapping[int, Kept]
) -> CartHold:
    by_checkout = kept.get(offer.variant_id)
    if not offer.cart_hold_minutes or (by_checkout and by_checkout.lives):
        return CartHold(quantity=quantity)
    hold = inventory.hold_in_cart(
        cart_id=cart_id, variant_id=offer.variant_id, quantity=quantity, principal=principal
    )
    if offer.expected_on is not None and hold.limit == "stock":
        # What is there is held; the others are sold ahead, of which there is enough for all.
        return CartHold(quantity=quantity, until=hold.until)
    return hold


def _follow(cart_id: int) -> None:
    """Let the cart's checkout hold what the cart has now."""
    lines = Line.objects.filter(cart_id=cart_id).values_list("variant_id", "quantity")
    inventory.follow_cart(cart_id=cart_id, quantities=dict(lines))


def _keep(line_id: int, hold: CartHold) -> int:
    """Write how many of a line could be kept. Raises NotForSale when none could."""
    if hold.quantity < 1:
        raise NotForSale("share-taken" if hold.limit == "share" else "sold-out")
    Line.objects.filter(pk=line_id).update(quantity=hold.quantity)
    return hold.quantity


def _pour(*, source: Cart, target: Cart) -> None:
    """Move the lines of one locked cart into another locked one, and its codes if it had none."""
    execute(statements.POUR, target.pk, source.pk)
    poured = Line.objects.filter(cart=source).values_list("variant_id", flat=True)
    inventory.move_cart_holds(from_cart=source.pk, to_cart=target.pk, variant_ids=list(poured))
    inventory.move_checkout_hold(from_cart=source.pk, to_cart=target.pk)
    Line.objects.filter(cart=source).delete()
    if (source.codes and not target.codes) or source.currency != target.currency:
        target.codes = target.codes or source.codes
        target.currency = source.currency
        target.save(update_fields=["codes", "currency"])
    source.state = Cart.State.MERGED
    source.save(update_fields=["state"])
