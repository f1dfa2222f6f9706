"""What was given back of orders, and what would be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Sum

from commerce.kernel.money import Money

from .models import Adjustment, Order, SellerOrder
from .reading import adjustments_where, parts_where
from .shares import advance_of, share_of
from .types import AdjustmentData, PartAmounts, SellerOrderData


def adjustments_of(*, seller_order_ids: Iterable[int]) -> dict[int, list[AdjustmentData]]:
    """Return what was given back of each part, in order; parts without are left out."""
    rows = Adjustment.objects.filter(seller_order__in=set(seller_order_ids))
    found: dict[int, list[AdjustmentData]] = defaultdict(list)
    for data in adjustments_where(rows):
        found[data.seller_order_id].append(data)
    return dict(found)


def adjustments(*, adjustment_ids: Iterable[int]) -> dict[int, AdjustmentData]:
    """Return adjustments by id."""
    rows = Adjustment.objects.filter(pk__in=set(adjustment_ids))
    return {data.id: data for data in adjustments_where(rows)}


def adjustment_where(*, business_key: str) -> AdjustmentData | None:
    """Return what was given back under a key."""
    found = adjustments_where(Adjustment.objects.filter(business_key=business_key))
    return found[0] if found else None


def given_back(*, order_id: int, currency: str) -> dict[str, Money]:
    """Return what went back to an order's shopper by the way it went, "method" or a kind of
    credit, and as "uncharged" what was canceled before it was charged. Nothing is left out."""
    rows = (
        Adjustment.objects.filter(seller_order__order=order_id, refund_minor__gt=0)
        .values("paid_to", "uncharged")
        .annotate(minor=Sum("refund_minor"))
        .order_by("uncharged", "paid_to")
    )
    return {
        "uncharged" if row["uncharged"] else row["paid_to"]: Money(row["minor"], currency)
        for row in rows
    }


def was_paid_at_once(*, order_id: int) -> bool:
    """Whether an order's money came before it was confirmed, not from a reservation later."""
    order = Order.objects.filter(pk=order_id, awaits_capture=False, charged_at=None)
    uncharged = Adjustment.objects.filter(seller_order__order=order_id, uncharged=True)
    return order.exists() and not uncharged.exists()


def left_to_charge(*, order_id: int) -> list[PartAmounts]:
    """Return what each part of an order is worth without what was given up before it was paid."""
    parts = parts_where(SellerOrder.objects.filter(order=order_id))
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


def refund_preview(*, seller_order_id: int, units: Mapping[int, int]) -> Money:
    """Return what the shopper would get back if units that were not sent were canceled now.

    Units beyond what is left count as what is left. The shipping is in it when nothing
    of the part was or would be sent.
    """
    (part,) = parts_where(SellerOrder.objects.filter(pk=seller_order_id))
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


def paid_for(*, seller_order_id: int, units: Mapping[int, int]) -> Money:
    """Return what the shopper paid for units that are not given back yet, tax included."""
    (part,) = parts_where(SellerOrder.objects.filter(pk=seller_order_id))
    total = Money.zero(part.total.currency)
    for line in part.lines:
        count = min(max(units.get(line.id, 0), 0), line.quantity - line.refunded_quantity)
        if count:
            share = share_of(line, after=line.refunded_quantity, count=count)
            total += Money(share.paid_minor, total.currency)
    return total


def seller_share(*, seller_order_id: int, units: Mapping[int, int], with_shipping: bool) -> Money:
    """Return what a seller's earning would lose if units of a part were refunded now."""
    (part,) = parts_where(SellerOrder.objects.filter(pk=seller_order_id))
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
