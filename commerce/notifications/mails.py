"""What each mail says to whom. Each function returns the arguments of `operations.send`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from commerce.accounts import queries as accounts
from commerce.accounts.types import AddressData
from commerce.credits.types import CreditData
from commerce.fulfillment.types import ShipmentData
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import LineData, OrderData, SellerOrderData
from commerce.payouts.types import PayoutData
from commerce.sellers.types import ApplicationData, MemberData, SellerData

from . import dates
from .rendering import absolute

Mail = dict[str, Any]

SELLER_ORDERS = "/admin/selling/orders/"
SELLER_PAYOUTS = "/admin/selling/earnings/"
SELLER_HOME = "/admin/"


def order_confirmed(order: OrderData, sellers: dict[int, SellerData]) -> Mail:
    """To the shopper: what was bought of whom, what it cost, when it comes."""
    since = order.confirmed_at or order.placed_at
    return {
        "key": f"order-confirmed:{order.id}",
        "kind": "order_confirmed",
        "recipient": order.email,
        "subject": f"Order {order.number} is confirmed",
        "context": {
            **_about_order(order),
            "parts": [
                {
                    "seller": sellers[part.seller_id].name,
                    "method": part.shipping_method.get("name", ""),
                    "expected": dates.expected(since=since, method=part.shipping_method),
                    "pick_up": _pick_up(part),
                    "lines": _lines(part.lines),
                    "shipping": part.shipping,
                }
                for part in order.seller_orders
            ],
            "goods": order.goods,
            "shipping": order.shipping,
            **_taken_off_and_taxes(order.seller_orders),
            "tax": order.tax,
            "total": order.total,
            "credit": order.credit,
            "charged": order.due,
            "reserved": order.awaits_capture,
        },
    }


def order_charged(order: OrderData, taken: Money) -> Mail:
    """To the shopper: what was reserved and goes ahead is paid now."""
    return {
        "key": f"order-charged:{order.id}",
        "kind": "order_charged",
        "recipient": order.email,
        "subject": f"{money(taken)} was charged for your order {order.number}",
        "context": {
            **_about_order(order),
            "amount": taken,
            "released": order.due - taken,
        },
    }


def may_leave(part: SellerOrderData, seller: SellerData, member: MemberData) -> Mail:
    """To a seller's people: what they promised is charged and may be sent now."""
    return {
        "key": f"may-leave:{part.id}:{member.user_id}",
        "kind": "may_leave",
        "recipient": member.email,
        "subject": f"Order {part.number} is charged: please send it",
        "context": {
            "greeting": member.first_name,
            "shop": seller.name,
            "number": part.number,
            "link": absolute(f"{SELLER_ORDERS}{part.number}/"),
        },
    }


def payment_lapsed(order: OrderData, *, payment_id: int, until: datetime) -> Mail:
    """To the shopper: the reserved money is gone, and how to pay what is to be sent."""
    return {
        "key": f"payment-lapsed:{payment_id}",
        "kind": "payment_lapsed",
        "recipient": order.email,
        "subject": f"Please pay for order {order.number} again",
        "context": {**_about_order(order), "until": until},
    }


def never_paid(order: OrderData) -> Mail:
    """To the shopper: the new payment never came, so the order is over and cost nothing."""
    return {
        "key": f"never-paid:{order.id}",
        "kind": "never_paid",
        "recipient": order.email,
        "subject": f"Order {order.number} was canceled, and nothing was charged",
        "context": {**_about_order(order), "shop_link": absolute("/")},
    }


def credit_issued(credit: CreditData, recipient: str, *, code: str) -> Mail:
    """To whoever got a gift card, with its code, or store credit: what it is worth and how long."""
    kind = "gift card" if code else "store credit"
    return {
        "key": f"credit-issued:{credit.id}",
        "kind": "credit_issued",
        "recipient": recipient,
        "subject": f"{money(credit.issued)} of {kind} for you",
        "context": {
            "code": code,
            "amount": credit.issued,
            "until": credit.expires_at.date(),
            "why": credit.reason,
            "link": absolute("/" if code else "/account/credit/"),
        },
    }


def new_order(part: SellerOrderData, seller: SellerData, member: MemberData) -> Mail:
    """To a seller's people: their own items of an order, nobody else's."""
    items = sum(line.quantity for line in part.lines)
    return {
        "key": f"new-order:{part.id}:{member.user_id}",
        "kind": "new_order",
        "recipient": member.email,
        "subject": f"New order {part.number}: {items} {_plural(items, 'item')} to send",
        "context": {
            "greeting": member.first_name,
            "shop": seller.name,
            "number": part.number,
            "placed_at": part.placed_at,
            "lines": _lines(part.lines),
            "method": part.shipping_method.get("name", ""),
            "address": _address(part.ship_to),
            "goods": part.goods,
            "shipping": part.shipping,
            **_taken_off_and_taxes([part]),
            "borne": part.platform_discount,
            "commission": -part.commission,
            "earning": part.earning,
            "reserved": part.awaits_capture,
            "link": absolute(f"{SELLER_ORDERS}{part.number}/"),
        },
    }


def _taken_off_and_taxes(parts: Sequence[SellerOrderData]) -> dict[str, Any]:
    """What promotions took off, and the taxes by rate."""
    return {
        "savings": [
            {"label": saving.label, "amount": -saving.amount} for saving in orders.savings_of(parts)
        ],
        "taxes": [
            {
                "label": f"{'Contains ' if row.included else ''}{row.name}",
                "amount": row.amount,
            }
            for row in orders.taxes_of(parts)
        ],
    }


def shipped(order: OrderData, part: SellerOrderData, parcel: ShipmentData, shop: str) -> Mail:
    """To the shopper: a parcel is on its way, and where to follow it."""
    return {
        "key": f"shipped:{parcel.id}",
        "kind": "shipped",
        "recipient": order.email,
        "subject": f"{shop} has sent your order {order.number}",
        "context": {
            **_about_order(order),
            **_about_parcel(part, parcel, shop),
            "expected": dates.of_parcel(parcel=parcel, method=part.shipping_method),
        },
    }


def ready(order: OrderData, part: SellerOrderData, parcel: ShipmentData, shop: str) -> Mail:
    """To the shopper: what they pick up is ready, where, and when the store is open."""
    return {
        "key": f"ready:{parcel.id}",
        "kind": "ready",
        "recipient": order.email,
        "subject": f"Your order {order.number} is ready to be picked up",
        "context": {
            **_about_order(order),
            **_about_parcel(part, parcel, shop),
            "address": _address(dict(parcel.destination)),
            "opening_hours": part.shipping_method.get("pick_up", {}).get("opening_hours", ""),
        },
    }


def delivered(order: OrderData, part: SellerOrderData, parcel: ShipmentData, shop: str) -> Mail:
    """To the shopper: a parcel arrived, and what to do when it did not."""
    return {
        "key": f"delivered:{parcel.id}",
        "kind": "delivered",
        "recipient": order.email,
        "subject": f"Your order {order.number} from {shop} has arrived",
        "context": {**_about_order(order), **_about_parcel(part, parcel, shop)},
    }


def money_returned(order: OrderData, amount: Money, *, refund_id: int) -> Mail:
    """To the shopper: money came for an order that could not be placed any more, and goes back."""
    return {
        "key": f"money-returned:{refund_id}",
        "kind": "money_returned",
        "recipient": order.email,
        "subject": f"We are sorry: {money(amount)} for order {order.number} is on its way back",
        "context": {**_about_order(order), "amount": amount, "shop_link": absolute("/")},
    }


def order_link(order: OrderData, *, window: int) -> Mail:
    """To the shopper: the link that somebody asked for."""
    return {
        "key": f"order-link:{order.id}:{window}",
        "kind": "order_link",
        "recipient": order.email,
        "subject": f"Follow your order {order.number}",
        "context": _about_order(order),
    }


def payout_sent(payout: PayoutData, seller: SellerData, member: MemberData) -> Mail:
    """To a seller's owners: money is on its way to the bank."""
    return {
        "key": f"payout-sent:{payout.id}:{payout.attempts}:{member.user_id}",
        "kind": "payout_sent",
        "recipient": member.email,
        "subject": f"Your payout of {money(payout.amount)} is on its way",
        "context": {
            "greeting": member.first_name,
            "shop": seller.name,
            "amount": payout.amount,
            "period": payout.period,
            "orders": payout.orders,
            "link": absolute(SELLER_PAYOUTS),
        },
    }


def bank_changed(seller: SellerData, recipient: str, paused_until: str) -> Mail:
    """To a shop and its owners: payouts would go elsewhere from now on."""
    return {
        "key": f"bank-changed:{seller.id}:{paused_until}:{recipient}",
        "kind": "bank_changed",
        "recipient": recipient,
        "subject": f"The bank details of {seller.name} were changed",
        "context": {
            "shop": seller.name,
            "paused_until": datetime.fromisoformat(paused_until),
            "link": absolute(SELLER_PAYOUTS),
        },
    }


def application_received(application: ApplicationData, first_name: str) -> Mail:
    """To an applicant: we have it, and what happens next."""
    return {
        "key": f"application-received:{application.id}",
        "kind": "application_received",
        "recipient": application.email,
        "subject": f"We received your application for {application.shop_name}",
        "context": {"greeting": first_name, "application": application},
    }


def application_approved(application: ApplicationData, seller: SellerData, first_name: str) -> Mail:
    """To an applicant: welcome, and the first steps."""
    return {
        "key": f"application-approved:{application.id}",
        "kind": "application_approved",
        "recipient": application.email,
        "subject": f"Welcome: {seller.name} is open",
        "context": {
            "greeting": first_name,
            "shop": seller.name,
            "link": absolute(SELLER_HOME),
        },
    }


def application_rejected(application: ApplicationData, first_name: str) -> Mail:
    """To an applicant: no, why, and that a new application is possible."""
    return {
        "key": f"application-rejected:{application.id}",
        "kind": "application_rejected",
        "recipient": application.email,
        "subject": f"About your application for {application.shop_name}",
        "context": {
            "greeting": first_name,
            "application": application,
            "link": absolute("/sell/"),
        },
    }


def _about_order(order: OrderData) -> dict[str, Any]:
    return {
        "greeting": str(order.ship_to.get("name", "")),
        "number": order.number,
        "placed_at": order.placed_at,
        "address": _address(order.ship_to),
        "link": absolute(f"/orders/track/{order.token}/"),
    }


def _about_parcel(part: SellerOrderData, parcel: ShipmentData, shop: str) -> dict[str, Any]:
    packed = {line.order_line_id: line.quantity for line in parcel.lines}
    left = sum(line.open_quantity for line in part.lines)
    return {
        "shop": shop,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "tracking_url": parcel.tracking_url,
        "lines": _lines((line for line in part.lines if line.id in packed), quantities=packed),
        "left": left,
    }


def _lines(
    lines: Iterable[LineData], *, quantities: dict[int, int] | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "title": line.title,
            "options": ", ".join([*map(_option, line.options), *_promise(line)]),
            "sku": line.sku,
            "quantity": line.quantity if quantities is None else quantities[line.id],
            "unit": line.unit,
            "total": line.total,
            "image": _picture(line.image),
            "link": absolute(line.path) if line.path else "",
        }
        for line in lines
    ]


def _promise(line: LineData) -> list[str]:
    day = line.promised_by
    return [f"expected by {day:%B} {day.day}, {day.year}"] if day else []


def _option(value: object) -> str:
    return ": ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _picture(image: dict[str, Any]) -> str:
    source = str(image.get("src") or "")
    return absolute(source) if source else ""


def _pick_up(part: SellerOrderData) -> list[str]:
    """Where and when a part is picked up, in lines; none of what is sent."""
    place = part.shipping_method.get("pick_up")
    return [*_address(place["address"]), *place["opening_hours"].splitlines()] if place else []


def _address(ship_to: dict[str, Any]) -> list[str]:
    return accounts.address_lines(address=AddressData.from_dict(ship_to))


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def money(amount: Money) -> str:
    """Write an amount as a subject says it."""
    return f"${amount.decimal:,.2f}" if amount.currency == "USD" else str(amount)
