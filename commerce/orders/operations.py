"""Writes. Every move is one guarded update; triggers record it and refuse what is not allowed."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.outbox.bus import publish

from .events import OrderCanceled, OrderConfirmed, OrderPlaced, SellerOrderMoved
from .models import Order, OrderLine, SellerOrder
from .moves import SELLER_ORDER_MOVES
from .queries import as_ref
from .types import OrderDraft, OrderRef, PartAmounts, SellerOrderDraft

# One statement outside the placing transaction: no checkout waits for another's number,
# and a number whose order came to nothing stays unused.
_NEXT_NUMBER = """
INSERT INTO orders_daycounter (day, last)
VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date, 1)
ON CONFLICT (day) DO UPDATE SET last = orders_daycounter.last + 1
RETURNING to_char(day, 'YYYYMMDD'), last, clock_timestamp()
"""

# The actor is told in the same trip; a materialized CTE runs before what joins it.
_MOVE_ALL = """
WITH told AS MATERIALIZED (
    SELECT set_config('stoa.actor', %s, true) AS actor
), moved AS (
    UPDATE orders_order SET
        state = %s,
        version = version + 1,
        confirmed_at = CASE WHEN %s = 'confirmed' THEN statement_timestamp() ELSE confirmed_at END
    FROM told
    WHERE id = %s AND state = 'pending' AND told.actor IS NOT NULL
    RETURNING id, state, orders_order.confirmed_at
)
UPDATE orders_sellerorder part SET
    state = moved.state, version = part.version + 1, confirmed_at = moved.confirmed_at
FROM moved
WHERE part.order_id = moved.id AND part.state = 'pending'
RETURNING part.seller_id, part.goods_minor, part.shipping_minor, part.tax_minor,
    part.commission_minor
"""


class IllegalMove(Exception):
    """A seller order cannot go from its state to the asked one."""

    def __init__(self, *, number: str, from_state: str, to_state: str) -> None:
        self.number = number
        self.from_state = from_state
        self.to_state = to_state
        super().__init__(f"{number} is {from_state} and cannot become {to_state}")


class ShipsTooMany(Exception):
    """More would be shipped of a line than is still open."""

    def __init__(self, *, line_id: int, title: str, left: int) -> None:
        self.line_id = line_id
        self.title = title
        self.left = left
        super().__init__(f"only {left} of {title} are left to ship")


def next_number() -> tuple[str, datetime]:
    """Give out an order number such as ORD-20261120-0042, once, and the database's time."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_NUMBER)
        day, last, moment = cursor.fetchone()
    return f"ORD-{day}-{last:04d}", moment


def place(*, draft: OrderDraft, number: str, token: str) -> OrderRef:
    """Write an order with its parts and lines as they were agreed; amounts never change again.

    Runs in the caller's transaction, which has told the database who acts.
    """
    with transaction.atomic(savepoint=False):
        order = Order.objects.create(
            token=token,
            number=number,
            cart_id=draft.cart_id,
            user_id=draft.user_id,
            email=draft.email,
            currency=draft.currency,
            ship_to=draft.ship_to,
            goods_minor=sum(part.goods_minor for part in draft.seller_orders),
            shipping_minor=sum(part.shipping_minor for part in draft.seller_orders),
            tax_minor=sum(part.tax_minor for part in draft.seller_orders),
            total_minor=draft.total_minor,
        )
        parts = SellerOrder.objects.bulk_create(
            [
                _part(order, part, f"{number}-{position}")
                for position, part in enumerate(draft.seller_orders, start=1)
            ]
        )
        OrderLine.objects.bulk_create(
            [
                line
                for part, wanted in zip(parts, draft.seller_orders, strict=True)
                for line in _lines(part, wanted)
            ]
        )
        publish(OrderPlaced(order_id=order.pk))
    return as_ref(order)


def _part(order: Order, draft: SellerOrderDraft, number: str) -> SellerOrder:
    return SellerOrder(
        order=order,
        seller_id=draft.seller_id,
        number=number,
        goods_minor=draft.goods_minor,
        shipping_minor=draft.shipping_minor,
        tax_minor=draft.tax_minor,
        shipping_tax_minor=draft.shipping_tax_minor,
        total_minor=draft.total_minor,
        shipping_method=draft.shipping_method,
        commission_minor=draft.commission_minor,
    )


def _lines(part: SellerOrder, draft: SellerOrderDraft) -> list[OrderLine]:
    return [
        OrderLine(
            seller_order=part,
            variant_id=line.variant_id,
            title=line.title,
            sku=line.sku,
            options=line.options,
            image=line.image,
            path=line.path,
            quantity=line.quantity,
            unit_minor=line.unit_minor,
            total_minor=line.total_minor,
            tax_minor=line.tax_minor,
            tax_rate_bps=line.tax_rate_bps,
            tax_name=line.tax_name,
            commission_bps=line.commission_bps,
            commission_minor=line.commission_minor,
        )
        for line in draft.lines
    ]


def lock(*, token: str) -> OrderRef:
    """Lock an order until the transaction ends: the first lock of every money operation."""
    return as_ref(Order.objects.select_for_update().get(token=token))


def confirm(*, order_id: int) -> list[PartAmounts]:
    """Confirm a pending order and its parts; returns what each part is worth.

    The list is empty when the order is not pending. The database refuses the
    commit unless the order's exact total was captured.
    """
    with transaction.atomic(savepoint=False):
        parts = _move_all(order_id, Order.State.CONFIRMED)
        if parts:
            publish(OrderConfirmed(order_id=order_id))
    return parts


def cancel(*, order_id: int, reason: str) -> bool:
    """Cancel a pending order and its parts. Returns False when it is not pending."""
    with transaction.atomic(savepoint=False):
        moved = bool(_move_all(order_id, Order.State.CANCELED))
        if moved:
            publish(OrderCanceled(order_id=order_id, reason=reason[:200]))
    return moved


def _move_all(order_id: int, to_state: str) -> list[PartAmounts]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ALL, [actor.current()[:80], to_state, to_state, order_id])
        return [PartAmounts(*row) for row in cursor.fetchall()]


@transaction.atomic
def advance(*, seller_order_id: int, to_state: str) -> None:
    """Move one seller's part along its graph; being there already changes nothing.

    Raises IllegalMove.
    """
    part = _locked(seller_order_id)
    if part.state != to_state:
        _advance(part, to_state)


@transaction.atomic
def record_shipped(
    *, seller_order_id: int, quantities: Mapping[int, int] | None = None
) -> dict[int, int]:
    """Count what left the house, by line; without quantities all that is still open.

    The part becomes "shipped" with its last item and "processing" before that.
    Returns what was shipped, by line. Raises ShipsTooMany and IllegalMove.
    """
    part = _locked(seller_order_id)
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
        _advance(part, to_state)
    return shipped


def _locked(seller_order_id: int) -> SellerOrder:
    """Lock the order before its part, as everybody does."""
    order_id = SellerOrder.objects.values_list("order_id", flat=True).get(pk=seller_order_id)
    Order.objects.select_for_update().get(pk=order_id)
    return SellerOrder.objects.select_for_update().get(pk=seller_order_id)


def _advance(part: SellerOrder, to_state: str) -> None:
    if to_state not in SELLER_ORDER_MOVES.get(part.state, ()):
        raise IllegalMove(number=part.number, from_state=part.state, to_state=to_state)
    actor.tell_database(cause=f"seller order {to_state}")
    dated = {"delivered_at": Now()} if to_state == SellerOrder.State.DELIVERED else {}
    SellerOrder.objects.filter(pk=part.pk).update(state=to_state, version=F("version") + 1, **dated)
    publish(SellerOrderMoved(seller_order_id=part.pk, to_state=to_state))
