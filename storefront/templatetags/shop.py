"""Filters that turn what commerce answers into what components show. None runs a query
that grows with the page."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.urls import reverse

from commerce.cart.types import CartLine
from commerce.checkout.types import Review
from commerce.discovery.types import Alternatives, CardData
from commerce.kernel.money import Money
from commerce.orders.types import OrderData
from commerce.pricing.types import Quote
from storefront.amounts import shown

from . import addresses, delivery
from .prices import (
    after_discount,
    explained,
    order_saving_rows,
    order_tax_rows,
    promotion_short,
    quoted_line,
    saving_rows,
    savings_of,
    tax_rows,
    terms,
)

register = template.Library()
register.filter(terms)
# Templates load one library, whatever file a filter is written in.
for part in (addresses, delivery):
    register.filters.update(part.register.filters)

STATES = {
    "pending": "Waiting for payment",
    "confirmed": "Confirmed",
    "processing": "Being prepared",
    "partly-shipped": "Partly shipped",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "canceled": "Canceled",
    "returned": "Returned",
}
TONES = {
    "pending": "warning",
    "partly-shipped": "info",
    "shipped": "info",
    "delivered": "success",
    "canceled": "error",
}
Rows = list[dict[str, Any]]


@register.filter
def money(amount: Money | None) -> str:
    """Show an amount as shoppers read it: $1,234.50."""
    return "" if amount is None else shown(amount)


@register.filter
def money_or_free(amount: Money) -> str:
    """Show a shipping price; nothing to pay reads "Free"."""
    return money(amount) if amount else "Free"


@register.filter
def state_name(state: str) -> str:
    """Say a state as shoppers do."""
    return STATES.get(state, state)


@register.filter
def state_tone(state: str) -> str:
    """The color of a state's badge."""
    return TONES.get(state, "")


@register.filter
def as_json(data: Any) -> str:
    """Write plain values for a data attribute; the template escapes it."""
    return json.dumps(data, default=str)


def is_tall(image: Mapping[str, Any]) -> bool:
    """Tell whether a tile would cut off the top and bottom of a picture, as of a book."""
    return bool(image) and image["width"] < 0.78 * image["height"]


@register.filter
def tiles(cards: Sequence[CardData]) -> Rows:
    """Shape cards as the product-card component takes them."""
    return [tile(card) for card in cards]


def badge(card: CardData) -> str:
    """Say in a word why a card's price is what it is, or what more of it would get."""
    told = card.told
    if told and told.is_own:
        return "Your price"
    if told and told.may_tell_by_how_much and len(told.taken) == 1:
        return promotion_short(told.taken[0], card.price.currency)
    if told and not told.taken and told.others:
        return promotion_short(told.others[0], card.price.currency)
    return "Reduced" if card.compare_at else ""


def tile(card: CardData) -> dict[str, Any]:
    """Shape a card as the product-card component takes it."""
    return {
        "title": card.title,
        "url": card.path,
        "image": card.image,
        "is_tall": is_tall(card.image),
        "seller_name": card.seller_name,
        "seller_url": card.seller_path,
        "price": money(card.price),
        "compare_price": money(card.compare_at),
        "price_varies": card.price_varies,
        "in_stock": card.in_stock,
        "badge": badge(card),
    }


@register.filter
def priced(variants: Rows) -> Rows:
    """Write the prices of a variant picker's data as shoppers read them."""
    return [
        {
            **variant,
            "price": money(variant["price"]),
            "compare": money(variant["compare"]),
            "terms": terms(variant.get("terms")),
        }
        for variant in variants
    ]


@register.filter
def cart_line(line: CartLine, quote: Quote | None = None) -> dict[str, Any]:
    """Shape a line as the cart-line component takes it, with what promotions take off it."""
    offer = line.offer
    quoted = quoted_line(line, quote)
    has_price = offer.refusal != "no-price"
    return {
        "title": offer.title,
        "url": offer.path if offer.refusal in (None, "sold-out") else "",
        "image": offer.image,
        "options": offer.options_text,
        "seller_name": offer.seller_name,
        "price": money(offer.unit_at(line.quantity)) if has_price else "",
        "compare_price": money(offer.compare_at),
        "total": (after_discount(quoted) or money(line.total)) if has_price else "",
        "total_before": money(quoted.total) if quoted and quoted.discount else "",
        "savings": savings_of(quoted),
        "steps": explained(quoted),
        "arrival": offer.arrival_text(line.quantity),
        "held_until": line.held_until,
    }


@register.filter
def links_instead_of(instead: Mapping[int, Alternatives] | str, line: CartLine) -> Rows:
    """Shape what may be bought instead of a line as links."""
    found = instead.get(line.id) if isinstance(instead, Mapping) else None
    if found is None:
        return []
    return [
        *(
            {"text": offer.options_text or offer.title, "url": f"{offer.path}?sku={offer.sku}"}
            for offer in found.variants
        ),
        *({"text": f"{card.title}, {money(card.price)}", "url": card.path} for card in found.cards),
    ]


@register.simple_tag(takes_context=True)
def own_count(context: Mapping[str, Any]) -> str:
    """Write how many units the visitor's cart holds: as the page knows it, else looked up."""
    known = next((context[name] for name in ("review", "basket") if context.get(name)), None)
    count = known.cart.count if known else context["cart_count"]()
    return "99+" if count > 99 else str(count)


@register.filter
def review_rows(review: Review) -> Rows:
    """Rows of the checkout's summary, as far as they are known."""
    if review.quote is None:
        return [
            {"label": "Items", "amount": money(review.cart.goods)},
            *(saving_rows(review.estimate) if review.estimate else []),
            {"label": "Shipping", "amount": "next step"},
            {"label": "Tax", "amount": "next step"},
        ]
    quote = review.quote
    return [
        {"label": "Items", "amount": money(quote.goods)},
        {"label": "Shipping", "amount": money_or_free(quote.shipping)},
        *saving_rows(quote),
        *tax_rows(quote),
        *_credit_rows(review),
    ]


def _credit_rows(review: Review) -> Rows:
    """What is paid by credit, between the order's total and what is left to pay."""
    if not review.credit or review.quote is None:
        return []
    paid = [
        {"label": use.label, "amount": f"−{money(use.amount)}", "saving": True}
        for use in review.credit
    ]
    return [{"label": "Order total", "amount": money(review.quote.total)}, *paid]


@register.filter
def review_total(review: Review) -> str:
    """What is to be paid, once it is known."""
    if review.due is not None:
        return money(review.due)
    estimate = review.estimate
    return money(estimate.goods - estimate.discount if estimate else review.cart.goods)


@register.filter
def order_rows(order: OrderData) -> Rows:
    """Rows of a placed order's totals."""
    rows = [
        {"label": "Items", "amount": money(order.goods)},
        {"label": "Shipping", "amount": money_or_free(order.shipping)},
        *order_saving_rows(order),
        *order_tax_rows(order),
    ]
    if order.credit:
        rows += [
            {"label": "Order total", "amount": money(order.total)},
            {
                "label": "Gift card or store credit",
                "amount": f"−{money(order.credit)}",
                "saving": True,
            },
        ]
    return rows


@register.filter
def checkout_steps(current: int) -> Rows:
    """The three steps and where the shopper stands."""
    steps = [
        ("Address", "checkout-address"),
        ("Shipping", "checkout-shipping"),
        ("Review and pay", "checkout-review"),
    ]
    return [
        {
            "label": label,
            "url": reverse(name),
            "state": "done" if number < current else "current" if number == current else "",
        }
        for number, (label, name) in enumerate(steps, start=1)
    ]


@register.filter
def timeline(order: OrderData, seller_order_id: int) -> Rows:
    """What happened to one seller's part, oldest first."""
    moves = [event for event in order.events if event.seller_order_id == seller_order_id]
    return [
        {
            "title": state_name(event.to_state),
            "time": f"{event.at.day} {event.at:%B %Y, %H:%M} UTC",
            "datetime": event.at.isoformat(),
            "state": "current" if event is moves[-1] else "done",
        }
        for event in moves
    ]


@register.filter
def seller_name(part: Any, names: Mapping[int, Any]) -> str:
    """The name of the seller of a part."""
    seller = names.get(part.seller_id)
    return seller.name if seller else "a former seller"


@register.filter
def hidden_query(query: str) -> Rows:
    """Keep the search words while sorting."""
    return [{"name": "q", "value": query}] if query else []
