"""Writes. Every move is one guarded update; triggers record it and refuse what is not allowed."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.money import Money
from commerce.kernel.sql import fetch, fetch_as
from commerce.outbox.bus import publish

from . import statements
from .adjusting import (
    GivesTooMuch,
    TakesTooMany,
    Terms,
    cancel_units,
    give_goodwill,
    record_lost,
    record_returned,
    refund_units,
)
from .advancing import IllegalMove, lock_part, move_part
from .events import OrderCanceled, OrderCharged, OrderConfirmed, OrderPlaced, OrderReaddressed
from .given import left_to_charge
from .models import Order, OrderLine, SellerOrder
from .reading import as_ref
from .types import LineDraft, OrderDraft, OrderRef, PartAmounts, SellerOrderDraft

__all__ = [
    "GivesTooMuch",
    "IllegalMove",
    "NotCharged",
    "ShipsTooMany",
    "TakesTooMany",
    "Terms",
    "advance",
    "cancel",
    "cancel_units",
    "charged",
    "confirm",
    "give_goodwill",
    "lock",
    "next_number",
    "place",
    "readdress",
    "record_lost",
    "record_returned",
    "record_shipped",
    "refund_units",
]

# Amounts of an order that are the sums of its parts' amounts.
SUMMED = (
    "goods_minor",
    "discount_minor",
    "shipping_minor",
    "shipping_discount_minor",
    "tax_minor",
    "included_tax_minor",
)


class NotCharged(Exception):
    """The order's money is reserved and not taken yet, so nothing of it may leave."""

    def __init__(self, *, number: str) -> None:
        self.number = number
        super().__init__(f"{number} is not charged yet")


class ShipsTooMany(Exception):
    """More would be shipped of a line than is still open."""

    def __init__(self, *, line_id: int, title: str, left: int) -> None:
        self.line_id = line_id
        self.title = title
        self.left = left
        super().__init__(f"only {left} of {title} are left to ship")


def next_number() -> tuple[str, datetime]:
    """Give out an order number such as ORD-20261120-0042, once, and the database's time."""
    [(day, last, moment)] = fetch(statements.NEXT_NUMBER)
    return f"ORD-{day}-{last:04d}", moment


def place(*, draft: OrderDraft, number: str, token: str) -> OrderRef:
    """Write an order with its parts and lines as they were agreed; amounts never change again.

    Runs in the caller's transaction, which has told the database who acts.
    """
    order: dict[str, Any] = {
        "token": token,
        "number": number,
        "cart_id": draft.cart_id,
        "user_id": draft.user_id,
        "email": draft.email,
        "currency": draft.currency,
        "ship_to": json.dumps(draft.ship_to),
        **{name: sum(getattr(part, name) for part in draft.seller_orders) for name in SUMMED},
        "total_minor": draft.total_minor,
        "credit_minor": draft.credit_minor,
        "parts": json.dumps(
            [
                _part(part, f"{number}-{position}")
                for position, part in enumerate(draft.seller_orders, start=1)
            ]
        ),
        "lines": json.dumps(
            [_line(part, line) for part in draft.seller_orders for line in part.lines]
        ),
    }
    with transaction.atomic(savepoint=False):
        [(order_id, placed_at)] = fetch(statements.PLACE, **order)
        publish(OrderPlaced(order_id=order_id))
    return OrderRef(
        id=order_id,
        token=token,
        number=number,
        state=Order.State.PENDING,
        cart_id=draft.cart_id,
        user_id=draft.user_id,
        email=draft.email,
        total=Money(draft.total_minor, draft.currency),
        credit=Money(draft.credit_minor, draft.currency),
        placed_at=placed_at,
    )


def _part(part: SellerOrderDraft, number: str) -> dict[str, Any]:
    return {
        "seller_id": part.seller_id,
        "number": number,
        **{name: getattr(part, name) for name in SUMMED},
        "platform_discount_minor": part.platform_discount_minor,
        "shipping_tax_minor": part.shipping_tax_minor,
        "total_minor": part.total_minor,
        "shipping_method": part.shipping_method,
        "commission_minor": part.commission_minor,
    }


def _line(part: SellerOrderDraft, line: LineDraft) -> dict[str, Any]:
    return {
        "seller_id": part.seller_id,
        "variant_id": line.variant_id,
        "title": line.title,
        "sku": line.sku,
        "options": line.options,
        "image": line.image,
        "path": line.path,
        "quantity": line.quantity,
        "unit_minor": line.unit_minor,
        "total_minor": line.total_minor,
        "discount_minor": line.discount_minor,
        "platform_discount_minor": line.platform_discount_minor,
        "tax_minor": line.tax_minor,
        "included_tax_minor": line.included_tax_minor,
        "tax_rate_bps": line.tax_rate_bps,
        "tax_name": line.tax_name,
        "commission_bps": line.commission_bps,
        "commission_minor": line.commission_minor,
        "adjustments": line.adjustments,
        "explanation": line.explanation,
        "promised_by": line.promised_by and line.promised_by.isoformat(),
    }


def lock(*, token: str) -> OrderRef:
    """Lock an order until the transaction ends: the first lock of every money operation."""
    return as_ref(fetch_as(Order, statements.LOCK, token)[0])


@transaction.atomic
def readdress(*, order_id: int, ship_to: Mapping[str, Any], cause: str = "") -> None:
    """Send an order elsewhere. The caller has locked it and seen that nothing has left.

    The database keeps both addresses and who changed them, and refuses it once
    something was sent. A business's VAT number stays: its tax was agreed with it.
    """
    actor.tell_database(cause=cause or "address changed")
    before = Order.objects.values_list("ship_to", flat=True).get(pk=order_id)
    kept = {name: value for name, value in before.items() if name.startswith("vat_")}
    Order.objects.filter(pk=order_id).update(ship_to={**kept, **ship_to})
    publish(OrderReaddressed(order_id=order_id))


def confirm(*, order_id: int, awaits_capture: bool = False) -> list[PartAmounts]:
    """Confirm a pending order and its parts; returns what each part is worth.

    The list is empty when the order is not pending. The database refuses the
    commit unless the order's exact total was captured, or is reserved to be captured
    before anything leaves.
    """
    cause = "payment reserved" if awaits_capture else "paid"
    with transaction.atomic(savepoint=False):
        parts = _move_all(
            order_id, Order.State.CONFIRMED, cause=cause, awaits_capture=awaits_capture
        )
        if parts:
            publish(OrderConfirmed(order_id=order_id))
    return parts


@transaction.atomic
def charged(*, order_id: int) -> list[PartAmounts]:
    """Note that reserved money was taken; returns what is left of each part to pay for.

    The caller has locked the order, which awaits it, and books the money. The
    database refuses the commit unless what goes ahead was captured.
    """
    actor.tell_database(cause="charged")
    Order.objects.filter(pk=order_id).update(awaits_capture=False, charged_at=Now())
    publish(OrderCharged(order_id=order_id))
    return left_to_charge(order_id=order_id)


def cancel(*, order_id: int, reason: str) -> bool:
    """Cancel a pending order and its parts. Returns False when it is not pending."""
    with transaction.atomic(savepoint=False):
        moved = bool(_move_all(order_id, Order.State.CANCELED, cause=reason))
        if moved:
            publish(OrderCanceled(order_id=order_id, reason=reason[:200]))
    return moved


def _move_all(
    order_id: int, to_state: str, *, cause: str, awaits_capture: bool = False
) -> list[PartAmounts]:
    told = [actor.current()[:80], cause[:80], actor.request()]
    rows = fetch(statements.MOVE_ALL, *told, to_state, to_state, awaits_capture, order_id)
    return [PartAmounts(*row) for row in rows]


@transaction.atomic
def advance(*, seller_order_id: int, to_state: str) -> None:
    """Move one seller's part along its graph; being there already changes nothing.

    Raises IllegalMove.
    """
    part = lock_part(seller_order_id)
    if part.state != to_state:
        move_part(part, to_state)


@transaction.atomic
def record_shipped(
    *, seller_order_id: int, quantities: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Count what left the house, by line; without quantities all that is still open.

    The part becomes "shipped" with its last item and "processing" before that.
    Returns what was shipped, by line. Raises ShipsTooMany, NotCharged and IllegalMove.
    """
    part = lock_part(seller_order_id)
    if part.order.awaits_capture:
        raise NotCharged(number=part.number)
    if part.state not in (SellerOrder.State.CONFIRMED, SellerOrder.State.PROCESSING):
        raise IllegalMove(number=part.number, from_state=part.state, to_state="shipped")
    lines = {line.pk: line for line in part.lines.select_for_update().order_by("pk")}
    open_of = {
        pk: line.quantity - line.shipped_quantity - line.canceled_quantity
        for pk, line in lines.items()
    }
    wanted = open_of if quantities is None else quantities
    shipped = {pk: count for pk, count in wanted.items() if count}
    for pk, count in shipped.items():
        if count < 0 or count > open_of.get(pk, 0):
            title = lines[pk].title if pk in lines else "another order's line"
            raise ShipsTooMany(line_id=pk, title=title, left=open_of.get(pk, 0))
        lines[pk].shipped_quantity += count
    OrderLine.objects.bulk_update([lines[pk] for pk in shipped], ["shipped_quantity"])
    done = all(count == shipped.get(pk, 0) for pk, count in open_of.items())
    to_state = SellerOrder.State.SHIPPED if done else SellerOrder.State.PROCESSING
    if part.state != to_state:
        move_part(part, to_state)
    return shipped
