"""Holds of carts, where a seller wants them: from the first click on, for the time stated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from commerce.kernel import clock
from commerce.kernel.sql import fetch

from . import statements
from .holding import OutOfStock, ShareTaken, Wish, refuse, release, take
from .models import Reservation, SkuPolicy

CART_REST = timedelta(hours=24)
"""How long a cart whose hold of a SKU ran out gets no new one."""


@dataclass(frozen=True, kw_only=True)
class CartHold:
    """What a cart holds of a SKU after a change, and until when; `limit` says what cut it."""

    quantity: int
    until: datetime | None = None
    limit: str = ""


def cart_holder(cart_id: int, variant_id: int) -> str:
    """Return the name under which a cart holds a SKU."""
    return f"cart:{cart_id}:{variant_id}"


@transaction.atomic
def hold_in_cart(*, cart_id: int, variant_id: int, quantity: int, principal: str) -> CartHold:
    """Hold a SKU for a cart when its seller wants that; says how many are held and until when.

    The deadline counts from the cart's first hold of the SKU: changing the quantity
    never moves it, and once it has passed the cart gets no new hold for a day. Nor does
    one of a principal whose other carts held the SKU and came to nothing, two more than
    it paid within six hours. When fewer are free or the shopper's share is smaller, that
    many are held and `limit` is "stock" or "share".
    """
    minutes = _cart_minutes(variant_id)
    if not minutes:
        return CartHold(quantity=quantity)
    holder = cart_holder(cart_id, variant_id)
    now = clock.now()
    first = _first_deadline(holder, now)
    deadline = first or now + timedelta(minutes=minutes)
    if deadline <= now:
        release(holder=holder)
        return CartHold(quantity=quantity)
    if first is None and principal:
        [[given_up]] = fetch(statements.CARTS_GIVEN_UP, principal, holder, variant_id)
        if given_up:
            return CartHold(quantity=quantity)
    return _hold_what_can_be(
        holder,
        variant_id,
        quantity,
        Wish(minutes=1, kind="cart", principal=principal, replaces=[holder], deadline=deadline),
    )


@transaction.atomic
def move_cart_holds(*, from_cart: int, to_cart: int, variant_ids: Sequence[int]) -> None:
    """Carry a guest cart's holds over to the person's, with the earlier deadline.

    Of a SKU that both hold, the larger number is held on; who was behind it stays behind
    it. What cannot be carried is given back, also when the person's cart had its time.
    """
    for variant_id in sorted(variant_ids):
        old, new = cart_holder(from_cart, variant_id), cart_holder(to_cart, variant_id)
        was, mine = _active(old), _active(new)
        if was.until is None:
            continue
        now = clock.now()
        until = min(was.until, _first_deadline(new, now) or was.until)
        if until > now:
            wish = Wish(
                minutes=1, kind="cart", principal=mine.principal or was.principal,
                replaces=[old, new], deadline=until,
            )  # fmt: skip
            _hold_what_can_be(new, variant_id, max(was.quantity, mine.quantity), wish)
        release(holder=old)


@dataclass(frozen=True, kw_only=True)
class _Active:
    """What a holder holds in all, until when, and who is behind it."""

    quantity: int
    until: datetime | None
    principal: str


def _active(holder: str) -> _Active:
    rows = list(
        Reservation.objects.filter(holder=holder, state=Reservation.State.ACTIVE)
        .order_by("expires_at")
        .values_list("quantity", "expires_at", "principal")
    )
    return _Active(
        quantity=sum(quantity for quantity, _, _ in rows),
        until=rows[0][1] if rows else None,
        principal=rows[0][2] if rows else "",
    )


def _first_deadline(holder: str, now: datetime) -> datetime | None:
    """When the first hold of a cart's SKU within a day ends, or ended."""
    earlier = Reservation.objects.filter(holder=holder, created_at__gt=now - CART_REST)
    return earlier.order_by("expires_at").values_list("expires_at", flat=True).first()


def _cart_minutes(variant_id: int) -> int:
    found = SkuPolicy.objects.filter(pk=variant_id).values_list("cart_hold_minutes", flat=True)
    return found.first() or 0


def _hold_what_can_be(holder: str, variant_id: int, quantity: int, wish: Wish) -> CartHold:
    """Try the whole, then what is said to be possible; whatever was held before is replaced."""
    limit = ""
    for _ in range(3):
        if quantity < 1:
            break
        try:
            with transaction.atomic():
                refuse(take(holder, {variant_id: quantity}, wish))
        except OutOfStock as short:
            quantity, limit = short.shortages[variant_id], "stock"
        except ShareTaken as share:
            quantity, limit = share.allowed[variant_id], "share"
        else:
            return CartHold(quantity=quantity, until=wish.deadline, limit=limit)
    return CartHold(quantity=0, limit=limit)
