"""What a document says, worked out once from the order and kept as plain values.

Every line has its net amount, its tax and the rate both belong to; all sums of a
document are sums of its lines.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from commerce.kernel.money import share
from commerce.orders.types import AdjustmentData, LineData, OrderData, SellerOrderData

from .types import Credit, CreditLine, Draft, Issuer, Payment

LAYOUT = 1
_NONE = CreditLine(order_line_id=0, quantity=0, goods_minor=0)
REASONS = {
    "canceled": "Canceled before it was sent",
    "edited": "The order was changed",
    "returned": "Returned",
    "withdrawn": "Withdrawn from the contract",
    "claim": "Lost or damaged on the way",
}
Row = dict[str, Any]


class NothingToBill(Exception):
    """Nothing of the seller order is left to be paid."""


def invoice(
    *, part: SellerOrderData, issuer: Issuer, payment: Payment, before: Sequence[Credit] = ()
) -> Draft:
    """Bill what is left of a seller order after what was credited before it was billed.

    Raises NothingToBill.
    """
    taken = _by_line(before)
    rows = [
        _line(line, taken.get(line.id))
        for line in part.lines
        if _left(line, taken.get(line.id)) > 0
    ]
    charges = _shipping(part, before)
    if not rows and not charges:
        raise NothingToBill(part.number)
    return _draft(
        rows + charges,
        content={
            **_about(part, issuer),
            "payment": _payment(payment),
            "settles": [credit.business_key for credit in before],
        },
        parties=_parties(part.ship_to, part.email, _store(part)),
    )


def credit_note(
    *, part: SellerOrderData, issuer: Issuer, credit: Credit, invoice: Mapping[str, Any]
) -> Draft:
    """Take back what one correction takes off an invoice. Raises NothingToBill."""
    lines = {line.id: line for line in part.lines}
    rows = [_credited(lines[each.order_line_id], each) for each in credit.lines]
    rows = [row for row in rows if row["net_minor"] or row["tax_minor"] or row["quantity"]]
    if credit.shipping_minor or credit.shipping_tax_minor:
        rows.append(
            _charge(
                part,
                net=credit.shipping_minor - credit.included_shipping_tax_minor,
                tax=credit.shipping_tax_minor + credit.included_shipping_tax_minor,
            )
        )
    if not rows:
        raise NothingToBill(credit.business_key)
    return _draft(
        rows,
        content={
            **_about(part, issuer),
            "corrects": dict(invoice),
            "reason": credit.reason,
            "withheld_minor": credit.withheld_minor,
            "advanced_minor": credit.advanced_minor,
        },
        parties=_parties(part.ship_to, part.email, _store(part)),
    )


def receipt(
    *,
    order: OrderData,
    issuer: Issuer,
    sellers: Mapping[int, str],
    payment: Payment,
    uncharged: Mapping[int, Sequence[Credit]] = MappingProxyType({}),
) -> Draft:
    """Confirm what was paid for a whole order, without what was given up before it was paid.

    It is no invoice.
    """
    rows = []
    for part in order.seller_orders:
        before = uncharged.get(part.id, ())
        taken = _by_line(before)
        rows += [
            {**row, "group": sellers[part.seller_id], "part": part.number}
            for row in (
                *(
                    _line(line, taken.get(line.id))
                    for line in part.lines
                    if _left(line, taken.get(line.id)) > 0
                ),
                *_shipping(part, before),
            )
        ]
    about = _about(order.seller_orders[0], issuer)
    return _draft(
        rows,
        content={
            **about,
            "issuer": {**about["issuer"], "id": ""},
            "part_number": "",
            "payment": _payment(payment),
        },
        parties=_parties(order.ship_to, order.email),
    )


def credit_of(adjustment: AdjustmentData) -> Credit:
    """Return what of an adjustment lessens the price.

    Goodwill is paid on top of the price and lessens neither it nor its tax.
    """
    lines = adjustment.lines
    return Credit(
        business_key=adjustment.business_key,
        reason=adjustment.reason or REASONS.get(adjustment.kind, adjustment.kind),
        lines=tuple(
            CreditLine(
                order_line_id=line.order_line_id,
                quantity=line.quantity,
                goods_minor=line.goods.minor,
                tax_minor=line.tax.minor,
                included_tax_minor=line.included_tax.minor,
            )
            for line in lines
        ),
        shipping_minor=adjustment.shipping.minor,
        shipping_tax_minor=adjustment.tax.minor - sum(line.tax.minor for line in lines),
        included_shipping_tax_minor=adjustment.included_tax.minor
        - sum(line.included_tax.minor for line in lines),
        withheld_minor=adjustment.withheld.minor,
        advanced_minor=adjustment.advanced.minor,
    )


def _draft(rows: list[Row], *, content: Row, parties: Row) -> Draft:
    net = sum(row["net_minor"] for row in rows)
    tax = sum(row["tax_minor"] for row in rows)
    return Draft(
        content={
            "layout": LAYOUT,
            **content,
            "prices_include_tax": any(row["included"] for row in rows),
            "rows": rows,
            "taxes": _taxes(rows),
            "net_minor": net,
            "tax_minor": tax,
            "total_minor": net + tax,
        },
        parties=parties,
        total_minor=net + tax,
        tax_minor=tax,
    )


def _about(part: SellerOrderData, issuer: Issuer) -> Row:
    return {
        "issuer": {
            "id": str(part.seller_id),
            "legal_name": issuer.legal_name,
            "trade_name": issuer.trade_name,
            "email": issuer.email,
            **asdict(issuer.letterhead),
        },
        "currency": part.goods.currency,
        "order_number": part.order_number,
        "part_number": part.number,
        "ordered_on": part.placed_at.date().isoformat(),
    }


def _parties(ship_to: Mapping[str, Any], email: str, store: Mapping[str, Any] | None = None) -> Row:
    """Return who bought and where it went: what tells of a person, and nothing else.

    What was fetched in a `store` was handed over there, which decides about its tax.
    """
    return {"buyer": dict(ship_to), "ship_to": dict(store or ship_to), "email": email}


def _store(part: SellerOrderData) -> Mapping[str, Any]:
    place: Mapping[str, Any] = part.shipping_method.get("pick_up") or {}
    return place.get("address") or {}


def _payment(payment: Payment) -> Row:
    return {
        "method": payment.method,
        "paid_minor": payment.paid.minor,
        "credit_minor": payment.credit.minor,
    }


def _by_line(credits: Iterable[Credit]) -> dict[int, CreditLine]:
    """Add up what was credited of each line."""
    found: dict[int, CreditLine] = {}
    for each in (line for credit in credits for line in credit.lines):
        other = found.get(
            each.order_line_id, CreditLine(order_line_id=0, quantity=0, goods_minor=0)
        )
        found[each.order_line_id] = CreditLine(
            order_line_id=each.order_line_id,
            quantity=each.quantity + other.quantity,
            goods_minor=each.goods_minor + other.goods_minor,
            tax_minor=each.tax_minor + other.tax_minor,
            included_tax_minor=each.included_tax_minor + other.included_tax_minor,
        )
    return found


def _left(line: LineData, taken: CreditLine | None) -> int:
    return line.quantity - (taken.quantity if taken else 0)


def _line(line: LineData, taken: CreditLine | None) -> Row:
    """Return what is left of a line; its discount is what lies between list and net."""
    gone = taken or _NONE
    quantity = line.quantity - gone.quantity
    paid = line.total.minor - line.discount.minor - gone.goods_minor
    included = line.included_tax.minor - gone.included_tax_minor
    return _row(
        line,
        quantity=quantity,
        discount=max(line.unit.minor * quantity - paid, 0),
        net=paid - included,
        tax=line.tax.minor - gone.tax_minor + included,
        labels=[str(each.get("label", "")) for each in line.adjustments],
    )


def _credited(line: LineData, each: CreditLine) -> Row:
    """Return what is taken back of a line; without units, the price alone was lessened."""
    listed = line.unit.minor * each.quantity
    return _row(
        line,
        quantity=each.quantity,
        discount=max(listed - each.goods_minor, 0) if each.quantity else 0,
        net=each.goods_minor - each.included_tax_minor,
        tax=each.tax_minor + each.included_tax_minor,
        labels=[],
    )


def _row(
    line: LineData, *, quantity: int, discount: int, net: int, tax: int, labels: list[str]
) -> Row:
    return {
        "kind": "line",
        "line_id": line.id,
        "sku": line.sku,
        "title": line.title,
        "options": " / ".join(str(each) for each in line.options),
        "quantity": quantity,
        "unit_minor": line.unit.minor,
        "discount_minor": discount,
        "discounts": [label for label in labels if label],
        "net_minor": net,
        "tax_minor": tax,
        "included": line.included_tax.minor > 0,
        "tax_rate_bps": line.tax_rate_bps,
        "tax_name": line.tax_name,
        "category": _category(line.tax_name, line.tax_rate_bps),
    }


def _shipping(part: SellerOrderData, before: Iterable[Credit]) -> list[Row]:
    credits = list(before)
    of_lines = sum(line.included_tax.minor for line in part.lines)
    included = part.included_tax.minor - of_lines
    taken = sum(credit.shipping_minor for credit in credits)
    included -= sum(credit.included_shipping_tax_minor for credit in credits)
    paid = part.shipping.minor - part.shipping_discount.minor - taken
    tax = part.shipping_tax.minor - sum(credit.shipping_tax_minor for credit in credits)
    if not paid and not tax:
        return []
    return [_charge(part, net=paid - included, tax=tax + included)]


def _charge(part: SellerOrderData, *, net: int, tax: int) -> Row:
    rate, name = _rate_of(net, tax, part.lines)
    method = part.shipping_method
    words = [str(method.get("name", "")), str(method.get("carrier", ""))]
    return {
        "kind": "charge",
        "title": "Shipping",
        "options": " by ".join(word for word in words if word),
        "sku": "",
        "quantity": 1,
        "unit_minor": net,
        "discount_minor": 0,
        "discounts": [],
        "net_minor": net,
        "tax_minor": tax,
        "included": False,
        "tax_rate_bps": rate,
        "tax_name": name,
        "category": _category(name, rate),
    }


def _rate_of(net: int, tax: int, lines: Sequence[LineData]) -> tuple[int, str]:
    """Tell the rate of a charge: that of a line which gives the same tax, else its own share."""
    rates = sorted({(line.tax_rate_bps, line.tax_name) for line in lines}, reverse=True)
    for rate, name in rates:
        if abs(share(net, basis_points=rate) - tax) <= 1 and bool(rate) == bool(tax):
            return rate, name
    if not tax or not net:
        return 0, next((name for rate, name in rates if not rate), "")
    return round(tax * 10_000 / net), rates[0][1] if rates else ""


def _category(name: str, rate_bps: int) -> str:
    """Return the tax category of EN 16931: standard rate, reverse charge, or no tax."""
    if "reverse" in name.lower():
        return "AE"
    return "S" if rate_bps else "Z"


def _taxes(rows: Iterable[Row]) -> list[Row]:
    """Add up net and tax by category and rate, the highest rate first."""
    found: dict[tuple[str, int, str], list[int]] = {}
    for row in rows:
        sums = found.setdefault((row["category"], row["tax_rate_bps"], row["tax_name"]), [0, 0])
        sums[0] += row["net_minor"]
        sums[1] += row["tax_minor"]
    return [
        {"category": key[0], "rate_bps": key[1], "name": key[2], "net_minor": net, "tax_minor": tax}
        for key, (net, tax) in sorted(found.items(), key=lambda each: (-each[0][1], each[0]))
    ]
