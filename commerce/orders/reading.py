"""Rows of orders become what others may know of them; for this module's own use."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import QuerySet

from commerce.kernel.money import Money
from commerce.kernel.sql import fetch, fetch_as

from . import statements
from .models import Adjustment, Order, OrderLine, SellerOrder
from .types import (
    AdjustmentData,
    AdjustmentLineData,
    EventData,
    LineData,
    OrderData,
    OrderRef,
    SellerOrderData,
)


def orders_where(rows: Iterable[Order], *, with_events: bool = False) -> list[OrderData]:
    """Return whole orders."""
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


def parts_where(rows: QuerySet[SellerOrder]) -> list[SellerOrderData]:
    """Return parts with their lines."""
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
    """Return what others may know of a line."""
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


def as_ref(found: Order) -> OrderRef:
    """Return what others may know of an order row."""
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


def adjustments_where(rows: QuerySet[Adjustment]) -> list[AdjustmentData]:
    """Return what was given back, with its lines, in order."""
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
