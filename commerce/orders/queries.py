"""Reads. A whole order takes four statements, whatever its size, and so do many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from commerce.kernel.money import Money
from commerce.kernel.sql import fetch, fetch_as

from . import finding, statements
from .models import AddressChange, Adjustment, Order, OrderLine, SellerOrder
from .shares import advance_of, share_of
from .totals import savings_of as savings_of
from .totals import taxes_of as taxes_of
from .types import (
    SHOPPER_STATES,
    AddressChangeData,
    AdjustmentData,
    AdjustmentLineData,
    EventData,
    LineData,
    MonthSales,
    OrderData,
    OrderPage,
    OrderRef,
    OrderSummary,
    PartAmounts,
    SellerOrderData,
)


def order(*, token: str) -> OrderData | None:
    """Return an order with all its parts by its unguessable token."""
    found = orders_where(fetch_as(Order, statements.ORDER, token), with_events=True)
    return found[0] if found else None


def orders(*, order_ids: list[int]) -> dict[int, OrderData]:
    """Return orders with all their parts."""
    return {found.id: found for found in orders_where(Order.objects.filter(pk__in=order_ids))}


def orders_where(rows: Iterable[Order], *, with_events: bool = False) -> list[OrderData]:
    """Return whole orders; for this module's own reads."""
    heads = {head.pk: head for head in rows}
    if not heads:
        return []
    parts = _whole(fetch_as(SellerOrder, statements.PARTS, list(heads)), heads)
    events = _events(list(heads)) if with_events else {}
    by_order: dict[int, list[SellerOrderData]] = defaultdict(list)
    for part in parts:
        by_order[part.order_id].append(part)
    return [
        OrderData(
            id=head.pk,
            token=head.token,
            number=head.number,
            state=head.state,
            cart_id=head.cart_id,
            user_id=head.user_id,
            email=head.email,
            ship_to=head.ship_to,
            goods=Money(head.goods_minor, head.currency),
            discount=Money(head.discount_minor, head.currency),
            shipping=Money(head.shipping_minor, head.currency),
            shipping_discount=Money(head.shipping_discount_minor, head.currency),
            tax=Money(head.tax_minor, head.currency),
            included_tax=Money(head.included_tax_minor, head.currency),
            total=Money(head.total_minor, head.currency),
            credit=Money(head.credit_minor, head.currency),
            placed_at=head.placed_at,
            confirmed_at=head.confirmed_at,
            seller_orders=tuple(by_order[head.pk]),
            events=tuple(events.get(head.pk, ())),
            awaits_capture=head.awaits_capture,
            charged_at=head.charged_at,
        )
        for head in heads.values()
    ]


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
    return _parts(rows)


def count_seller_orders(*, seller_id: int) -> dict[str, int]:
    """Return how many paid parts a seller has in each state."""
    parts = SellerOrder.objects.filter(_sellers_own(seller_id))
    return dict(parts.values_list("state").annotate(count=Count("pk")))


def seller_order(*, seller_id: int, number: str) -> SellerOrderData | None:
    """Return one of a seller's own parts by its number; None for anybody else's."""
    found = _parts(SellerOrder.objects.filter(_sellers_own(seller_id), number=number))
    return found[0] if found else None


def seller_orders_by_id(*, seller_order_ids: list[int]) -> dict[int, SellerOrderData]:
    """Return parts by id, whoever's they are."""
    rows = SellerOrder.objects.filter(pk__in=seller_order_ids)
    return {part.id: part for part in _parts(rows)}


def seller_orders_of(*, order_ids: list[int]) -> dict[int, list[SellerOrderData]]:
    """Return the parts of orders, by order."""
    found: dict[int, list[SellerOrderData]] = defaultdict(list)
    for part in _parts(SellerOrder.objects.filter(order_id__in=order_ids)):
        found[part.order_id].append(part)
    return dict(found)


def parts_of_seller(*, seller_id: int, numbers: Iterable[str]) -> dict[str, SellerOrderData]:
    """Return a seller's part of each of the orders, by the order's number."""
    rows = SellerOrder.objects.filter(seller_id=seller_id, order__number__in=set(numbers))
    return {part.order_number: part for part in _parts(rows)}


def adjustments_of(*, seller_order_ids: Iterable[int]) -> dict[int, list[AdjustmentData]]:
    """Return what was given back of each part, in order; parts without are left out."""
    rows = Adjustment.objects.filter(seller_order__in=set(seller_order_ids))
    found: dict[int, list[AdjustmentData]] = defaultdict(list)
    for data in _adjustments(rows):
        found[data.seller_order_id].append(data)
    return dict(found)


def was_paid_at_once(*, order_id: int) -> bool:
    """Whether an order's money came before it was confirmed, not from a reservation later."""
    order = Order.objects.filter(pk=order_id, awaits_capture=False, charged_at=None)
    uncharged = Adjustment.objects.filter(seller_order__order=order_id, uncharged=True)
    return order.exists() and not uncharged.exists()


def left_to_charge(*, order_id: int) -> list[PartAmounts]:
    """Return what each part of an order is worth without what was given up before it was paid."""
    parts = seller_orders_of(order_ids=[order_id]).get(order_id, [])
    given = adjustments_of(seller_order_ids=[part.id for part in parts])
    return [
        _left(part, [each for each in given.get(part.id, []) if each.uncharged]) for part in parts
    ]


def _left(part: SellerOrderData, given: Iterable[AdjustmentData]) -> PartAmounts:
    given = list(given)

    def less(whole: Money, *names: str) -> int:
        return whole.minor - sum(int(getattr(each, name).minor) for each in given for name in names)

    zero = Money.zero(part.total.currency)
    return PartAmounts(
        seller_id=part.seller_id,
        goods_minor=less(part.goods - part.discount, "goods"),
        discount_minor=0,
        shipping_minor=less(part.shipping - part.shipping_discount, "shipping"),
        shipping_discount_minor=0,
        platform_discount_minor=less(part.platform_discount, "platform"),
        tax_minor=less(part.tax, "tax"),
        included_tax_minor=less(part.included_tax, "included_tax"),
        commission_minor=less(part.commission, "commission"),
        goodwill_minor=less(zero, "withheld", "borne", "advanced")
        - less(zero, "goodwill", "recovered"),
        borne_minor=less(zero, "recovered") - less(zero, "borne"),
    )


def address_changes(*, order_id: int) -> list[AddressChangeData]:
    """Return where an order was to go before, oldest first."""
    return [
        AddressChangeData(
            before=row.before, after=row.after, actor=row.actor, cause=row.cause, at=row.at
        )
        for row in AddressChange.objects.filter(order=order_id).order_by("pk")
    ]


def refund_preview(*, seller_order_id: int, units: Mapping[int, int]) -> Money:
    """Return what the shopper would get back if units that were not sent were canceled now.

    Units beyond what is left count as what is left. The shipping is in it when nothing
    of the part was or would be sent.
    """
    part = seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    total = Money.zero(part.total.currency)
    left = 0
    for line in part.lines:
        count = min(max(units.get(line.id, 0), 0), line.open_quantity)
        left += line.quantity - line.canceled_quantity - count
        if count:
            share = share_of(line, after=line.refunded_quantity, count=count)
            total += Money(share.paid_minor, total.currency)
    if total and not left:
        total += part.shipping - part.shipping_discount + part.shipping_tax
    given = adjustments_of(seller_order_ids=[seller_order_id]).get(seller_order_id, [])
    advanced, _ = advance_of(given, total_minor=part.total.minor, gross_minor=total.minor)
    return total - Money(advanced, total.currency)


def seller_share(*, seller_order_id: int, units: Mapping[int, int], with_shipping: bool) -> Money:
    """Return what a seller's earning would lose if units of a part were refunded now."""
    part = seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]
    total = Money.zero(part.total.currency)
    for line in part.lines:
        if units.get(line.id):
            share = share_of(line, after=line.refunded_quantity, count=units[line.id])
            total += Money(share.earning_minor, total.currency)
    if with_shipping:
        of_lines = sum(line.included_tax.minor for line in part.lines)
        borne = sum(line.platform_discount.minor for line in part.lines)
        total += part.shipping - part.shipping_discount
        total += Money(part.platform_discount.minor - borne, total.currency)
        total -= Money(part.included_tax.minor - of_lines, total.currency)
    return total


def units_of_shopper(*, email: str, user_id: int | None, since: datetime) -> tuple[int, int]:
    """Return how many units a shopper was sent since a moment, and how many came back."""
    who = Q(seller_order__order__email=email)
    if user_id is not None:
        who |= Q(seller_order__order__user_id=user_id)
    found = OrderLine.objects.filter(
        who, seller_order__order__placed_at__gte=since, shipped_quantity__gt=0
    ).aggregate(sent=Sum("shipped_quantity"), back=Sum("returned_quantity"))
    return int(found["sent"] or 0), int(found["back"] or 0)


def adjustments(*, adjustment_ids: Iterable[int]) -> dict[int, AdjustmentData]:
    """Return adjustments by id."""
    rows = Adjustment.objects.filter(pk__in=set(adjustment_ids))
    return {data.id: data for data in _adjustments(rows)}


def adjustment_where(*, business_key: str) -> AdjustmentData | None:
    """Return what was given back under a key."""
    found = _adjustments(Adjustment.objects.filter(business_key=business_key))
    return found[0] if found else None


def sales_by_month(
    *, seller_id: int, currency: str, since: datetime, until: datetime
) -> dict[int, MonthSales]:
    """Return what a seller sold by month of confirmation (1 to 12, UTC), as it was agreed."""
    rows = fetch(statements.SALES_BY_MONTH, seller_id, currency, since, until)
    return {row[0]: MonthSales(*row[1:]) for row in rows}


def as_ref(found: Order) -> OrderRef:
    """Return what others may know of an order row; for this module's own use."""
    return OrderRef(
        id=found.pk,
        token=found.token,
        number=found.number,
        state=found.state,
        cart_id=found.cart_id,
        user_id=found.user_id,
        email=found.email,
        total=Money(found.total_minor, found.currency),
        credit=Money(found.credit_minor, found.currency),
        placed_at=found.placed_at,
        awaits_capture=found.awaits_capture,
    )


def _sellers_own(seller_id: int) -> Q:
    return Q(seller_id=seller_id) & ~Q(confirmed_at=None)


def _parts(rows: QuerySet[SellerOrder]) -> list[SellerOrderData]:
    parts = list(rows.select_related("order"))
    return _whole(parts, {part.order_id: part.order for part in parts})


def _whole(parts: list[SellerOrder], heads: Mapping[int, Order]) -> list[SellerOrderData]:
    if not parts:
        return []
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    for line in fetch_as(OrderLine, statements.LINES, [part.pk for part in parts]):
        lines[line.seller_order_id].append(line)
    return [_part(part, heads[part.order_id], lines[part.pk]) for part in parts]


def _part(part: SellerOrder, head: Order, lines: Iterable[OrderLine]) -> SellerOrderData:
    currency = head.currency
    return SellerOrderData(
        id=part.pk,
        number=part.number,
        seller_id=part.seller_id,
        state=part.state,
        order_id=head.pk,
        order_token=head.token,
        order_number=head.number,
        email=head.email,
        ship_to=head.ship_to,
        shipping_method=part.shipping_method,
        goods=Money(part.goods_minor, currency),
        discount=Money(part.discount_minor, currency),
        shipping=Money(part.shipping_minor, currency),
        shipping_discount=Money(part.shipping_discount_minor, currency),
        platform_discount=Money(part.platform_discount_minor, currency),
        tax=Money(part.tax_minor, currency),
        shipping_tax=Money(part.shipping_tax_minor, currency),
        included_tax=Money(part.included_tax_minor, currency),
        total=Money(part.total_minor, currency),
        commission=Money(part.commission_minor, currency),
        placed_at=head.placed_at,
        confirmed_at=part.confirmed_at,
        delivered_at=part.delivered_at,
        lines=tuple(line_data(line, currency=currency) for line in lines),
        awaits_capture=head.awaits_capture,
    )


def line_data(line: OrderLine, *, currency: str) -> LineData:
    """Return what others may know of a line; for this module's own use."""
    return LineData(
        id=line.pk,
        variant_id=line.variant_id,
        title=line.title,
        sku=line.sku,
        options=line.options,
        image=line.image,
        path=line.path,
        quantity=line.quantity,
        unit=Money(line.unit_minor, currency),
        total=Money(line.total_minor, currency),
        discount=Money(line.discount_minor, currency),
        platform_discount=Money(line.platform_discount_minor, currency),
        tax=Money(line.tax_minor, currency),
        included_tax=Money(line.included_tax_minor, currency),
        tax_rate_bps=line.tax_rate_bps,
        tax_name=line.tax_name,
        commission_bps=line.commission_bps,
        commission=Money(line.commission_minor, currency),
        adjustments=line.adjustments,
        explanation=line.explanation,
        promised_by=line.promised_by,
        shipped_quantity=line.shipped_quantity,
        canceled_quantity=line.canceled_quantity,
        returned_quantity=line.returned_quantity,
        lost_quantity=line.lost_quantity,
        refunded_quantity=line.refunded_quantity,
    )


def _adjustments(rows: QuerySet[Adjustment]) -> list[AdjustmentData]:
    found = rows.select_related("seller_order__order").prefetch_related("lines").order_by("pk")
    return [_adjustment(row) for row in found]


def _adjustment(row: Adjustment) -> AdjustmentData:
    currency = row.seller_order.order.currency
    return AdjustmentData(
        id=row.pk,
        seller_order_id=row.seller_order_id,
        kind=row.kind,
        business_key=row.business_key,
        reason=row.reason,
        actor=row.actor,
        paid_to=row.paid_to,
        with_shipping=row.with_shipping,
        goods=Money(row.goods_minor, currency),
        shipping=Money(row.shipping_minor, currency),
        tax=Money(row.tax_minor, currency),
        included_tax=Money(row.included_tax_minor, currency),
        commission=Money(row.commission_minor, currency),
        platform=Money(row.platform_minor, currency),
        goodwill=Money(row.goodwill_minor, currency),
        withheld=Money(row.withheld_minor, currency),
        borne=Money(row.borne_minor, currency),
        advanced=Money(row.advanced_minor, currency),
        recovered=Money(row.recovered_minor, currency),
        refund=Money(row.refund_minor, currency),
        seller=Money(row.seller_minor, currency),
        at=row.at,
        lines=tuple(
            AdjustmentLineData(
                order_line_id=line.order_line_id,
                quantity=line.quantity,
                goods=Money(line.goods_minor, currency),
                tax=Money(line.tax_minor, currency),
                included_tax=Money(line.included_tax_minor, currency),
            )
            for line in sorted(row.lines.all(), key=lambda line: line.pk)
        ),
        uncharged=row.uncharged,
    )


def _events(order_ids: list[int]) -> dict[int, list[EventData]]:
    found: dict[int, list[EventData]] = defaultdict(list)
    for row in fetch(statements.EVENTS, order_ids):
        order_id, part_id, from_state, to_state, actor, cause, at = row
        found[order_id].append(
            EventData(
                seller_order_id=part_id,
                from_state=from_state,
                to_state=to_state,
                actor=actor,
                cause=cause,
                at=at,
            )
        )
    return dict(found)


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


_GIVEN_UP = """
SELECT count(*) FROM orders_order
WHERE email = %s AND state = 'canceled' AND confirmed_at IS NULL
  AND placed_at > clock_timestamp() - make_interval(hours => %s)
"""


def given_up_by(*, email: str, hours: int) -> int:
    """Count the orders of an address that were given up unpaid within the last hours."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP, [email, hours])
        return int(cursor.fetchone()[0])
