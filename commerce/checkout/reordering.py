"""Ordering the same again: what can be had today, for how much, and what else there is."""

from collections import defaultdict

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.offers import queries as offers
from commerce.offers.types import Offer, Refusal
from commerce.orders import queries as orders
from commerce.orders.types import LineData, OrderData

from .types import Again

MOST_OTHERS = 3
_GONE = {
    "withdrawn": "It is no longer sold here.",
    "seller-away": "Its shop takes no orders at the moment.",
    "no-price": "It has no price at the moment.",
    "sold-out": "It is sold out.",
}


def items_again(*, order_token: str, currency: str) -> list[Again]:
    """Return the items of an order as they could be ordered today; none of an unknown one.

    Prices are those of a currency, which need not be the order's.
    """
    order = orders.order(token=order_token)
    if order is None:
        return []
    lines = _lines(order)
    found = offers.current(variant_ids=list(lines), currency=currency)
    products = {offer.product_id for offer in found.values() if not offer.is_sellable}
    others: dict[int, list[Offer]] = (
        offers.of_products(product_ids=list(products), currency=currency) if products else {}
    )
    return [
        _again(line, quantity, found.get(variant_id), others)
        for variant_id, (line, quantity) in lines.items()
    ]


def reorder(*, order_token: str, cart_token: str, principal: str = "") -> list[Again]:
    """Put the items of an order into a cart, as many of each as can be had.

    Returns those that cannot be had, or not all of them. A cart that holds an item
    already gets no more of it than the order had. Raises CartClosed.
    """
    lacking = []
    cart = cart_queries.contents(token=cart_token)
    held = {line.variant_id: line.quantity for line in cart.lines}
    for item in items_again(order_token=order_token, currency=cart.currency):
        missing = item.wanted - held.get(item.variant_id, 0)
        if item.offer is None:
            lacking.append(item)
            continue
        if missing < 1:
            continue
        try:
            carts.add(
                token=cart_token, variant_id=item.variant_id, quantity=missing, principal=principal
            )
        except (carts.NotForSale, carts.QuantityLimited):
            lacking.append(item)
    return lacking


def _lines(order: OrderData) -> dict[int, tuple[LineData, int]]:
    """Return each variant once, with how many of it were ordered."""
    quantities: dict[int, int] = defaultdict(int)
    lines: dict[int, LineData] = {}
    for line in order.lines:
        quantities[line.variant_id] += line.quantity
        lines.setdefault(line.variant_id, line)
    return {variant_id: (line, quantities[variant_id]) for variant_id, line in lines.items()}


def _again(
    line: LineData, wanted: int, offer: Offer | None, others: dict[int, list[Offer]]
) -> Again:
    refusal: Refusal | None = offer.refusal if offer else "withdrawn"
    sellable = offer if offer and refusal is None else None
    siblings = [
        other
        for other in (others.get(offer.product_id, []) if offer else [])
        if other.is_sellable and other.variant_id != line.variant_id
    ]
    return Again(
        variant_id=line.variant_id,
        title=line.title,
        options=tuple(str(each) for each in line.options),
        image=line.image,
        wanted=wanted,
        before=line.unit,
        offer=sellable,
        sentence=_gone(refusal, offer) if refusal else _sentence(wanted, sellable),
        others=tuple(siblings[:MOST_OTHERS]),
        path=offer.path if offer and refusal in (None, "sold-out") else "",
    )


def _gone(refusal: Refusal, offer: Offer | None) -> str:
    if refusal == "no-price" and offer is not None:
        return cart_queries.priceless(offer.price.currency)
    return _GONE[refusal]


def _sentence(wanted: int, offer: Offer | None) -> str:
    """Say what is not as it was; nothing when all can be had."""
    if offer is not None and offer.available < wanted:
        return f"Only {offer.available} of {wanted} can be had."
    return ""
