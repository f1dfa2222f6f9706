"""Reads. A whole order takes four statements, whatever its size, and so do many."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, Sum

from commerce.kernel.sql import fetch, fetch_as

from . import finding, statements
from .given import adjustment_where as adjustment_where
from .given import adjustments as adjustments
from .given import adjustments_of as adjustments_of
from .given import given_back as given_back
from .given import left_to_charge as left_to_charge
from .given import paid_for as paid_for
from .given import refund_preview as refund_preview
from .given import seller_share as seller_share
from .given import was_paid_at_once as was_paid_at_once
from .models import AddressChange, Order, OrderLine, SellerOrder
from .reading import as_ref, orders_where, parts_where
from .totals import savings_of as savings_of
from .totals import taxes_of as taxes_of
from .types import (
    SHOPPER_STATES,
    AddressChangeData,
    MonthSales,
    OrderData,
    OrderPage,
    OrderRef,
    OrderSummary,
    SellerOrderData,
)


def order(*, token: str) -> OrderData | None:
    """Return an order with all its parts by its unguessable token."""
    found = orders_where(fetch_as(Order, statements.ORDER, token), with_events=True)
    return found[0] if found else None


def orders(*, order_ids: list[int]) -> dict[int, OrderData]:
    """Return orders with all their parts."""
    return {found.id: found for found in orders_where(Order.objects.filter(pk__in=order_ids))}


def ref(*, token: str) -> OrderRef | None:
    """Return an order without its parts, in one statement."""
    found = Order.objects.filter(token=token).first()
    return as_ref(found) if found else None


def of_cart(*, cart_id: int) -> OrderRef | None:
    """Return the order that a cart became, if it was not canceled."""
    found = Order.objects.filter(cart_id=cart_id).exclude(state=Order.State.CANCELED).first()
    return as_ref(found) if found else None


def of_carts(*, cart_ids: Iterable[int]) -> dict[int, OrderRef]:
    """Return the orders that carts became, by cart, if they were not canceled."""
    rows = Order.objects.filter(cart_id__in=set(cart_ids)).exclude(state=Order.State.CANCELED)
    return {row.cart_id: as_ref(row) for row in rows}


def order_by_number(*, number: str) -> OrderRef | None:
    """Return an order by its number, which is no secret: compare the email before you tell."""
    found = Order.objects.filter(number=number.strip().upper()).first()
    return as_ref(found) if found else None


def order_of_user(*, user_id: int, number: str) -> OrderRef | None:
    """Return one of a shopper's own orders; None for anybody else's."""
    found = Order.objects.filter(user_id=user_id, number=number.strip().upper()).first()
    return as_ref(found) if found else None


def has_ordered(*, user_id: int) -> bool:
    """Tell whether a person has an order that was not canceled."""
    return Order.objects.filter(user_id=user_id).exclude(state="canceled").exists()


def promised_late(*, order_id: int) -> list[int]:
    """Return the variants of an order that were sold ahead of their arrival."""
    rows = OrderLine.objects.filter(seller_order__order_id=order_id, promised_by__isnull=False)
    return sorted(set(rows.values_list("variant_id", flat=True)))


def quantities(*, order_id: int) -> dict[int, int]:
    """Return how many of each variant an order holds."""
    found: dict[int, int] = defaultdict(int)
    for variant_id, quantity in OrderLine.objects.filter(
        seller_order__order_id=order_id
    ).values_list("variant_id", "quantity"):
        found[variant_id] += quantity
    return dict(found)


def places(*, order_id: int) -> dict[int, int]:
    """Return where the shopper chose to get a variant from; the others may come from any place."""
    rows = SellerOrder.objects.filter(
        order_id=order_id, shipping_method__location_id__isnull=False
    ).exclude(shipping_method__location_id=None)
    return dict(rows.values_list("lines__variant_id", "shipping_method__location_id"))


def orders_of_user(
    *, user_id: int, before: datetime | None = None, limit: int = 20
) -> list[OrderSummary]:
    """Return a shopper's orders, newest first, placed before a moment when one is given."""
    rows = Order.objects.filter(user_id=user_id).order_by("-placed_at", "-pk")
    if before is not None:
        rows = rows.filter(placed_at__lt=before)
    return [_summary(found) for found in orders_where(rows[:limit])]


def page_of_user(
    *,
    user_id: int,
    text: str = "",
    status: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    page: int = 1,
    per_page: int = 10,
) -> OrderPage:
    """Return one page of a shopper's own orders, newest first.

    `text` finds them by number, recipient, SKU or title; `status` is a key of
    SHOPPER_STATES, of which any part of an order may be; placed from `since` and
    before `until`. A page beyond the last is the last.
    """
    rows = Order.objects.filter(user_id=user_id)
    if text.strip():
        rows = rows.filter(pk__in=finding.order_ids(text=text, user_id=user_id))
    if status in SHOPPER_STATES:
        so = SellerOrder.objects.filter(order=OuterRef("pk"), state__in=SHOPPER_STATES[status])
        rows = rows.filter(Exists(so))
    if since is not None:
        rows = rows.filter(placed_at__gte=since)
    if until is not None:
        rows = rows.filter(placed_at__lt=until)
    total = rows.count()
    pages = max(1, -(-total // per_page))
    number = min(max(page, 1), pages)
    first = (number - 1) * per_page
    some = rows.order_by("-placed_at", "-pk")[first : first + per_page]
    return OrderPage(
        orders=tuple(_summary(found) for found in orders_where(some)),
        total=total,
        page=number,
        pages=pages,
    )


def seller_orders(
    *,
    seller_id: int,
    state: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> list[SellerOrderData]:
    """Return a seller's own parts, newest first; never unpaid ones."""
    rows = SellerOrder.objects.filter(_sellers_own(seller_id))
    if state:
        rows = rows.filter(state=state)
    if since is not None:
        rows = rows.filter(order__placed_at__gte=since)
    rows = rows.order_by("-order__placed_at", "-pk")[offset : offset + limit]
    return parts_where(rows)


def count_seller_orders(*, seller_id: int) -> dict[str, int]:
    """Return how many paid parts a seller has in each state."""
    parts = SellerOrder.objects.filter(_sellers_own(seller_id))
    return dict(parts.values_list("state").annotate(count=Count("pk")))


def seller_order(*, seller_id: int, number: str) -> SellerOrderData | None:
    """Return one of a seller's own parts by its number; None for anybody else's."""
    found = parts_where(SellerOrder.objects.filter(_sellers_own(seller_id), number=number))
    return found[0] if found else None


def seller_orders_by_id(*, seller_order_ids: list[int]) -> dict[int, SellerOrderData]:
    """Return parts by id, whoever's they are."""
    rows = SellerOrder.objects.filter(pk__in=seller_order_ids)
    return {part.id: part for part in parts_where(rows)}


def seller_orders_of(*, order_ids: list[int]) -> dict[int, list[SellerOrderData]]:
    """Return the parts of orders, by order."""
    found: dict[int, list[SellerOrderData]] = defaultdict(list)
    for part in parts_where(SellerOrder.objects.filter(order_id__in=order_ids)):
        found[part.order_id].append(part)
    return dict(found)


def parts_of_seller(*, seller_id: int, numbers: Iterable[str]) -> dict[str, SellerOrderData]:
    """Return a seller's part of each of the orders, by the order's number."""
    rows = SellerOrder.objects.filter(seller_id=seller_id, order__number__in=set(numbers))
    return {part.order_number: part for part in parts_where(rows)}


def address_changes(*, order_id: int) -> list[AddressChangeData]:
    """Return where an order was to go before, oldest first."""
    return [
        AddressChangeData(
            before=row.before, after=row.after, actor=row.actor, cause=row.cause, at=row.at
        )
        for row in AddressChange.objects.filter(order=order_id).order_by("pk")
    ]


def units_of_shopper(*, email: str, user_id: int | None, since: datetime) -> tuple[int, int]:
    """Return how many units a shopper was sent since a moment, and how many came back."""
    who = Q(seller_order__order__email=email)
    if user_id is not None:
        who |= Q(seller_order__order__user_id=user_id)
    found = OrderLine.objects.filter(
        who, seller_order__order__placed_at__gte=since, shipped_quantity__gt=0
    ).aggregate(sent=Sum("shipped_quantity"), back=Sum("returned_quantity"))
    return int(found["sent"] or 0), int(found["back"] or 0)


def given_up_by(*, email: str, hours: int) -> int:
    """Count the orders of an address that were given up unpaid within the last hours."""
    return int(fetch(statements.GIVEN_UP, email, hours)[0][0])


def sales_by_month(
    *, seller_id: int, currency: str, since: datetime, until: datetime
) -> dict[int, MonthSales]:
    """Return what a seller sold by month of confirmation (1 to 12, UTC), as it was agreed."""
    rows = fetch(statements.SALES_BY_MONTH, seller_id, currency, since, until)
    return {row[0]: MonthSales(*row[1:]) for row in rows}


def _sellers_own(seller_id: int) -> Q:
    return Q(seller_id=seller_id) & ~Q(confirmed_at=None)


def _summary(found: OrderData) -> OrderSummary:
    return OrderSummary(
        token=found.token,
        number=found.number,
        status=found.status,
        total=found.total,
        placed_at=found.placed_at,
        items=sum(line.quantity for line in found.lines),
        titles=tuple(line.title for line in found.lines),
        images=tuple(line.image for line in found.lines if line.image),
    )
