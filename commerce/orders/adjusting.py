"""Taking units of an order back, and giving their money back: counted, shared out, booked, owed.

Locks are taken in one order: the order, its part and lines, then the payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.db.models import F

from commerce.kernel import actor
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.outbox.bus import publish
from commerce.payments import operations as payments
from commerce.payments.types import RefundWay

from .advancing import IllegalMove, lock_part, move_part
from .events import OrderCanceled, PartAdjusted
from .given import adjustment_where, adjustments_of
from .models import Adjustment, AdjustmentLine, Order, OrderLine, SellerOrder
from .reading import line_data
from .shares import LineShare, advance_of, share_of
from .types import AdjustmentData

State = SellerOrder.State
Kind = Adjustment.Kind
Units = Mapping[int, int]


class TakesTooMany(Exception):
    """More units would be taken back, or given back, than there are."""

    def __init__(self, *, line_id: int, title: str, left: int) -> None:
        self.line_id = line_id
        self.title = title
        self.left = left
        super().__init__(f"only {left} of {title} are left")


class GivesTooMuch(Exception):
    """More money would go back, be kept or be borne than there is."""

    def __init__(self, *, left: Money) -> None:
        self.left = left
        super().__init__(f"At most {left} of it can still be given back. Please ask us about it.")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How an amount is given back: why, which way, and who bears it."""

    kind: str
    business_key: str
    reason: str = ""
    to: RefundWay = "method"
    with_shipping: bool = False
    withheld_minor: int = 0
    """What the seller keeps of it."""
    borne_minor: int = 0
    """What the marketplace bears in the seller's place."""
    goodwill_minor: int = 0
    found_refund: int | None = None
    """The refund made in the provider's dashboard that gave it already."""


@dataclass(kw_only=True)
class _Locked:
    order: Order
    part: SellerOrder
    lines: dict[int, OrderLine] = field(default_factory=dict)


@transaction.atomic
def cancel_units(*, seller_order_id: int, units: Units, terms: Terms) -> AdjustmentData:
    """Take units that were not shipped out of a part and give their money back, once per key.

    The shipping goes back too when nothing of the part was or will be sent. A part
    of which nothing is left is canceled, and with its last part the order. Stock is
    the caller's. Raises TakesTooMany, IllegalMove when the part is not waiting to be
    sent, and payments' RefundTooLarge.
    """
    locked = _lock(seller_order_id)
    known = adjustment_where(business_key=terms.business_key)
    if known:
        return known
    part, lines = locked.part, locked.lines
    if part.state not in (State.CONFIRMED, State.PROCESSING):
        raise IllegalMove(number=part.number, from_state=part.state, to_state="canceled")
    _count(lines, units, "canceled_quantity", {pk: _open(line) for pk, line in lines.items()})
    nothing_sent = all(line.canceled_quantity == line.quantity for line in lines.values())
    given = _give_back(locked, units, replace(terms, with_shipping=nothing_sent))
    if not any(_open(line) for line in lines.values()):
        move_part(part, State.CANCELED if nothing_sent else State.SHIPPED, cause=terms.reason)
        _end_part(locked, cause=terms.reason)
        _end_order(locked.order, reason=terms.reason)
    return given


@transaction.atomic
def record_returned(*, seller_order_id: int, units: Units, reason: str = "") -> None:
    """Count units that came back from the shopper; the caller sees that it is done once.

    A part of which nothing else is left becomes "returned". Raises TakesTooMany.
    """
    locked = _lock(seller_order_id)
    lines = locked.lines
    _count(lines, units, "returned_quantity", {pk: _out(line) for pk, line in lines.items()})
    _end_part(locked, cause=reason)


@transaction.atomic
def record_lost(*, seller_order_id: int, units: Units, reason: str = "") -> None:
    """Count shipped units that never reached the shopper whole.

    A part of which nothing else is left becomes "returned". Raises TakesTooMany.
    """
    locked = _lock(seller_order_id)
    lines = locked.lines
    _count(lines, units, "lost_quantity", {pk: _out(line) for pk, line in lines.items()})
    _end_part(locked, cause=reason)


@transaction.atomic
def refund_units(*, seller_order_id: int, units: Units, terms: Terms) -> AdjustmentData:
    """Give the money of units back that came back or were lost, once per key.

    Raises TakesTooMany when they did not come back or were refunded before,
    GivesTooMuch when more is kept or borne than the seller has of it, and payments'
    RefundTooLarge and WayClosed.
    """
    locked = _lock(seller_order_id)
    known = adjustment_where(business_key=terms.business_key)
    if known:
        return known
    for pk, count in units.items():
        line = locked.lines.get(pk)
        back = line and line.canceled_quantity + line.returned_quantity + line.lost_quantity
        left = (back or 0) - (line.refunded_quantity if line else 0)
        if count < 1 or count > left:
            raise TakesTooMany(line_id=pk, title=line.title if line else "", left=left)
    return _give_back(locked, units, terms)


@transaction.atomic
def give_goodwill(*, seller_order_id: int, terms: Terms) -> AdjustmentData:
    """Give back some of what a part cost without taking anything back, once per key.

    Raises GivesTooMuch, and payments' RefundTooLarge and WayClosed.
    """
    locked = _lock(seller_order_id)
    known = adjustment_where(business_key=terms.business_key)
    return known or _give_back(locked, {}, terms)


def _lock(seller_order_id: int) -> _Locked:
    part = lock_part(seller_order_id)
    lines = part.lines.select_for_update().order_by("pk")
    return _Locked(order=part.order, part=part, lines={line.pk: line for line in lines})


def _open(line: OrderLine) -> int:
    return line.quantity - line.shipped_quantity - line.canceled_quantity


def _out(line: OrderLine) -> int:
    return line.shipped_quantity - line.returned_quantity - line.lost_quantity


def _count(lines: dict[int, OrderLine], units: Units, column: str, left: Units) -> None:
    if not units:
        raise TakesTooMany(line_id=0, title="nothing", left=0)
    for pk, count in units.items():
        if count < 1 or count > left.get(pk, 0):
            title = lines[pk].title if pk in lines else "another order's line"
            raise TakesTooMany(line_id=pk, title=title, left=left.get(pk, 0))
        setattr(lines[pk], column, getattr(lines[pk], column) + count)
    OrderLine.objects.bulk_update([lines[pk] for pk in sorted(units)], [column])


def _give_back(locked: _Locked, units: Units, terms: Terms) -> AdjustmentData:
    order, part = locked.order, locked.part
    shares = {
        pk: share_of(
            line_data(locked.lines[pk], currency=order.currency),
            after=locked.lines[pk].refunded_quantity,
            count=count,
        )
        for pk, count in sorted(units.items())
    }
    before = adjustments_of(seller_order_ids=[part.pk]).get(part.pk, [])
    amounts = _amounts(part, locked.lines, shares, terms)
    _take_advance(amounts, before, part)
    _check(order, amounts, part.total_minor - sum(each.refund.minor for each in before))
    row = Adjustment.objects.create(
        seller_order=part,
        kind=terms.kind,
        business_key=terms.business_key,
        reason=terms.reason[:200],
        actor=actor.current()[:80],
        paid_to="method" if order.awaits_capture else terms.to,
        with_shipping=terms.with_shipping,
        uncharged=order.awaits_capture,
        **amounts,
    )
    AdjustmentLine.objects.bulk_create(
        AdjustmentLine(
            adjustment=row,
            order_line_id=pk,
            quantity=units[pk],
            after_quantity=locked.lines[pk].refunded_quantity,
            goods_minor=share.goods_minor,
            tax_minor=share.tax_minor,
            included_tax_minor=share.included_tax_minor,
            commission_minor=share.commission_minor,
            platform_minor=share.platform_discount_minor,
        )
        for pk, share in shares.items()
    )
    failpoint("adjusted")
    if not row.uncharged:
        _pay_back(order, row, terms)
    publish(PartAdjusted(adjustment_id=row.pk, seller_order_id=part.pk, order_id=order.pk))
    given = adjustment_where(business_key=terms.business_key)
    assert given is not None  # noqa: S101  it was written above
    return given


def _amounts(
    part: SellerOrder, lines: dict[int, OrderLine], shares: dict[int, LineShare], terms: Terms
) -> dict[str, int]:
    """Add up the units' shares and, once per part, all of its shipping."""
    amounts = {
        "goods_minor": sum(share.goods_minor for share in shares.values()),
        "shipping_minor": 0,
        "tax_minor": sum(share.tax_minor for share in shares.values()),
        "included_tax_minor": sum(share.included_tax_minor for share in shares.values()),
        "commission_minor": sum(share.commission_minor for share in shares.values()),
        "platform_minor": sum(share.platform_discount_minor for share in shares.values()),
        "goodwill_minor": terms.goodwill_minor,
        "withheld_minor": terms.withheld_minor,
        "borne_minor": terms.borne_minor,
        "advanced_minor": 0,
        "recovered_minor": 0,
    }
    if terms.with_shipping:
        amounts["shipping_minor"] = part.shipping_minor - part.shipping_discount_minor
        amounts["tax_minor"] += part.shipping_tax_minor
        amounts["included_tax_minor"] += part.included_tax_minor - sum(
            line.included_tax_minor for line in lines.values()
        )
        amounts["platform_minor"] += part.platform_discount_minor - sum(
            line.platform_discount_minor for line in lines.values()
        )
    return amounts


def _take_advance(amounts: dict[str, int], before: list[AdjustmentData], part: SellerOrder) -> None:
    """Settle units with goodwill that was given for them, then say who gets and bears the rest."""
    gross = amounts["goods_minor"] + amounts["shipping_minor"] + amounts["tax_minor"]
    amounts["advanced_minor"], amounts["recovered_minor"] = advance_of(
        before,
        total_minor=part.total_minor,
        gross_minor=gross,
        withheld_minor=amounts["withheld_minor"],
    )
    kept = amounts["withheld_minor"] + amounts["advanced_minor"] - amounts["goodwill_minor"]
    amounts["refund_minor"] = gross - kept
    amounts["seller_minor"] = (
        amounts["goods_minor"]
        + amounts["shipping_minor"]
        + amounts["platform_minor"]
        - amounts["included_tax_minor"]
        - amounts["commission_minor"]
        - kept
        - amounts["borne_minor"]
        + amounts["recovered_minor"]
    )


def _check(order: Order, amounts: dict[str, int], left: int) -> None:
    loses = amounts["seller_minor"] + amounts["advanced_minor"] - amounts["recovered_minor"]
    if min((loses, *(amount for name, amount in amounts.items() if name != "seller_minor"))) < 0:
        spare = loses + amounts["withheld_minor"] + amounts["borne_minor"]
        raise GivesTooMuch(left=Money(max(spare, 0), order.currency))
    if amounts["refund_minor"] > left:
        raise GivesTooMuch(left=Money(left, order.currency))


def _pay_back(order: Order, row: Adjustment, terms: Terms) -> None:
    """Owe the shopper the money and book who bears it."""
    if row.refund_minor:
        payments.refund_order(
            order_token=order.token,
            amount=Money(row.refund_minor, order.currency),
            business_key=f"adjustment:{row.pk}",
            reason=terms.reason or str(terms.kind),
            to=terms.to,
            user_id=order.user_id,
            email=order.email,
            found=terms.found_refund,
        )
    entries = {
        f"payable:{row.seller_order.seller_id}": row.seller_minor,
        "commission": row.commission_minor,
        "tax": row.tax_minor + row.included_tax_minor,
        "promotions": -row.platform_minor,
        "losses": row.borne_minor - row.recovered_minor,
        "refunds:owed": -row.refund_minor,
    }
    if any(entries.values()):
        ledger.post(
            business_key=f"adjustment:{row.pk}",
            kind="adjustment",
            entries=entries,
            currency=order.currency,
            memo=f"{row.seller_order.number}: {terms.reason or terms.kind}",
        )


def _end_part(locked: _Locked, *, cause: str) -> None:
    """Return a sent part of which nothing is to come and the shopper keeps nothing."""
    if any(_open(line) or _out(line) for line in locked.lines.values()):
        return
    if locked.part.state in (State.SHIPPED, State.DELIVERED):
        move_part(locked.part, State.RETURNED, cause=cause)


def _end_order(order: Order, *, reason: str) -> None:
    """Cancel an order whose parts are all canceled."""
    if SellerOrder.objects.filter(order_id=order.pk).exclude(state=State.CANCELED).exists():
        return
    Order.objects.filter(pk=order.pk).update(
        state=Order.State.CANCELED, version=F("version") + 1, awaits_capture=False
    )
    publish(OrderCanceled(order_id=order.pk, reason=reason[:200]))
