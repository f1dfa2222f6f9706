"""What a checkout holds from its start, and how it passes to the order."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel.sql import execute, fetch
from commerce.outbox.bus import publish

from . import statements
from .cart_holds import cart_holder
from .events import StockChanged
from .holding import LONGEST, OutOfStock, ShareTaken, release
from .models import Reservation

MOST_MINUTES = 30
"""How long a checkout may hold at most: half of the hour in which it does so once."""


def checkout_holder(cart_id: int) -> str:
    """Return the name under which a cart's checkout holds."""
    return f"checkout:{cart_id}"


def hold_for_checkout(
    *,
    cart_id: int,
    quantities: Mapping[int, int],
    minutes: int,
    principal: str = "",
    late: Collection[int] = (),
    replaces: Sequence[str] = (),
    places: Mapping[int, int] | None = None,
    until: datetime | None = None,
) -> datetime | None:
    """Hold for a cart's checkout, all or none; returns until when.

    The deadline is that of the checkout's first hold within the hour: whatever is asked
    for later takes the place of what was held, and keeps it. None: nothing was held now,
    because it has passed within that hour, because the principal gave up two carts with one of
    these SKUs more than it paid (checkouts within the hour, orders within six), or because
    others of its network hold the network's share. `until` ends a first hold sooner. The other
    arguments are those of `reserve`. Raises OutOfStock or ShareTaken, in which case all
    is held as before.
    """
    if not 1 <= minutes <= MOST_MINUTES or any(units < 1 for units in quantities.values()):
        raise ValueError(f"checkouts hold positive quantities for 1 to {MOST_MINUTES} minutes")
    wanted = sorted(quantities.items())
    with transaction.atomic(savepoint=False):
        answer = fetch(
            statements.HOLD_CHECKOUT,
            checkout_holder(cart_id),
            [variant_id for variant_id, _ in wanted],
            [units for _, units in wanted],
            minutes,
            principal,
            sorted(late),
            list(replaces),
            [places.get(variant_id) for variant_id, _ in wanted] if places else [],
            until,
        )
        said: dict[str, dict[int, int]] = {}
        deadline: datetime | None = None
        for outcome, variant_id, units, moment in answer:
            if outcome == "until":
                deadline = moment
            elif variant_id:
                said.setdefault(outcome, {})[variant_id] = int(units)
        changed = said.get("emptied", {}) | said.get("filled", {})
        if changed:
            publish(StockChanged(variant_ids=sorted(changed)))
    if "short" in said:
        raise OutOfStock(said["short"])
    if "capped" in said:
        raise ShareTaken(said["capped"])
    return deadline


def take_over(
    *,
    cart_id: int,
    holder: str,
    quantities: Mapping[int, int],
    minutes: int,
    places: Mapping[int, int] | None = None,
) -> bool:
    """Pass what a checkout holds to its order, whose time begins now; returns whether it did.

    It does when just these quantities are held, at these places, and have not lapsed;
    no stock row is touched. Otherwise nothing changes, and the caller reserves.
    """
    if not 1 <= minutes <= LONGEST["checkout"]:
        raise ValueError(f"holds need 1 to {LONGEST['checkout']} minutes")
    wanted = sorted(quantities.items())
    with transaction.atomic(savepoint=False):
        taken = execute(
            statements.TAKE_OVER,
            checkout_holder(cart_id),
            [variant_id for variant_id, _ in wanted],
            [units for _, units in wanted],
            [places.get(variant_id) if places else None for variant_id, _ in wanted],
            holder,
            minutes,
        )
    return taken > 0


def follow_cart(*, cart_id: int, quantities: Mapping[int, int]) -> None:
    """Let a checkout hold what its cart has now, within the deadline, if it holds anything.

    What the cart itself holds stays with the cart. When not all can be held, the
    checkout holds what it held before: pages and placing tell what is short.
    """
    holder = checkout_holder(cart_id)
    mine = Reservation.objects.filter(holder=holder, state=Reservation.State.ACTIVE)
    principal = mine.values_list("principal", flat=True).first()
    if principal is None:
        return
    by_cart = [cart_holder(cart_id, variant_id) for variant_id in quantities]
    kept = set(
        Reservation.objects.filter(holder__in=by_cart, state=Reservation.State.ACTIVE).values_list(
            "stock__variant_id", flat=True
        )
    )
    wanted = {key: units for key, units in quantities.items() if key not in kept}
    if not wanted:
        release(holder=holder)
        return
    try:
        hold_for_checkout(
            cart_id=cart_id, quantities=wanted, minutes=1, principal=principal, late=list(wanted)
        )
    except (OutOfStock, ShareTaken):
        return


def move_checkout_hold(*, from_cart: int, to_cart: int) -> None:
    """Carry what a guest's checkout holds over to the person's cart, with the earlier deadline.

    Whoever was behind it stays behind it. It is given back when the person's own checkout
    has held its time already, or when not all can be held anew: signing in goes on.
    """
    old, new = checkout_holder(from_cart), checkout_holder(to_cart)
    held = Reservation.objects.filter(
        holder__in=[old, new], state=Reservation.State.ACTIVE, expires_at__gt=Now()
    )
    units: Counter[tuple[str, int]] = Counter()
    until: dict[str, datetime] = {}
    behind: dict[str, str] = {}
    for holder, variant_id, quantity, expires_at, principal in held.values_list(
        "holder", "stock__variant_id", "quantity", "expires_at", "principal"
    ):
        units[holder, variant_id] += quantity
        until[holder] = expires_at
        behind[holder] = principal
    if old not in until:
        return
    wanted: dict[int, int] = {}
    for (_, variant_id), quantity in units.items():
        wanted[variant_id] = max(wanted.get(variant_id, 0), quantity)
    carried = None
    with suppress(OutOfStock, ShareTaken):
        carried = hold_for_checkout(
            cart_id=to_cart, quantities=wanted, minutes=MOST_MINUTES, late=list(wanted),
            principal=behind.get(new) or behind[old], replaces=[old], until=until[old],
        )  # fmt: skip
    release(holder=old)
    if carried:  # and so not given up
        forget_checkout(cart_id=from_cart)


def forget_checkout(*, cart_id: int) -> None:
    """Let a cart's checkout begin anew, now that what it held was taken in another way."""
    execute(statements.FORGET_CHECKOUT, checkout_holder(cart_id))
