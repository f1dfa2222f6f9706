"""What things cost, as rows and sentences: savings, taxes, and how a price came about."""

from collections.abc import Mapping
from typing import Any

from django import template

from cms.pages.types import Terms
from commerce.accounts import queries as accounts
from commerce.cart.types import CartLine
from commerce.checkout.types import Basket
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import LineData, OrderData, SellerOrderData
from commerce.pricing import queries as pricing
from commerce.pricing.types import Promotion, Quote, QuotedLine
from storefront.amounts import shown

register = template.Library()

Rows = list[dict[str, Any]]
GIVEN_BACK = {
    "method": "Refunded",
    "store_credit": "Refunded as store credit",
    "gift_card": "Refunded as a gift card",
    "uncharged": "Canceled, never charged",
}


@register.filter
def quoted_line(line: CartLine, quote: Quote | None) -> QuotedLine | None:
    """What a line of a cart comes to."""
    return quote.lines.get(line.id) if quote else None


@register.filter
def savings_of(line: QuotedLine | LineData | None) -> list[str]:
    """What promotions took off a line: "−$2.00 Spring sale"."""
    if line is None:
        return []
    cuts: list[dict[str, Any]] = (
        [cut.as_dict() for cut in line.cuts] if isinstance(line, QuotedLine) else line.adjustments
    )
    currency = line.total.currency
    return [f"−{shown(Money(int(cut['amount_minor']), currency))} {cut['label']}" for cut in cuts]


@register.filter
def after_discount(line: QuotedLine | LineData | None) -> str:
    """What is left of a line's total, before tax that is added."""
    return shown(line.total - line.discount) if line else ""


@register.filter
def explained(line: QuotedLine | LineData | None) -> Rows:
    """How a line's price came about, step by step."""
    return explained_rows(line, with_funding=False)


def explained_rows(line: QuotedLine | LineData | None, *, with_funding: bool) -> Rows:
    if line is None:
        return []
    steps = line.steps if isinstance(line, QuotedLine) else line.explanation
    told = pricing.sentences(
        steps=steps, currency=line.total.currency, shown=shown, with_funding=with_funding
    )
    return [{"label": step.text, "amount": shown(step.amount), "kind": step.kind} for step in told]


@register.filter
def basket_rows(basket: Basket) -> Rows:
    """Rows of the cart's summary: items, savings and, once there is a place, estimates."""
    count = sum(line.quantity for line in basket.cart.lines if line.problem is None)
    rows: Rows = [
        {"label": "1 item" if count == 1 else f"{count} items", "amount": shown(basket.cart.goods)}
    ]
    if basket.estimate is None:
        return rows
    rows += saving_rows(basket.estimate)
    if basket.place is None:
        return rows
    shipping = basket.estimate.shipping
    if shipping or not basket.unreached:
        rows.append({
            "label": "Estimated shipping",
            "amount": shown(shipping) if shipping else "Free",
            "note": "the cheapest way of each seller",
        })  # fmt: skip
    for row in tax_rows(basket.estimate):
        note = ", ".join(filter(None, ("estimated", row.get("note"))))
        rows.append({**row, "note": note})
    return rows


@register.filter
def basket_total(basket: Basket) -> str:
    """What the cart comes to, as far as that is known."""
    return shown(basket.estimate.total if basket.estimate else basket.cart.goods)


@register.filter
def basket_note(basket: Basket) -> str:
    """What the cart's sum is worth."""
    if basket.place is None:
        return "Shipping and tax are worked out from your address in the next step."
    place = accounts.country_name(country=basket.place.country)
    if basket.place.postal_code:
        place = f"{place}, {basket.place.postal_code}"
    return f"An estimate for {place}. You agree to the exact amounts before you pay."


@register.filter
def part_saving_rows(part: SellerOrderData) -> Rows:
    """What promotions took off one seller's part."""
    return [
        _saving(saving.label, saving.code, saving.amount) for saving in orders.savings_of([part])
    ]


@register.filter
def explained_to_staff(line: LineData) -> Rows:
    """The same as `explained`, with who bears each promotion."""
    return explained_rows(line, with_funding=True)


def saving_rows(quote: Quote) -> Rows:
    """What each promotion takes off, on items and shipping together."""
    return [_saving(saving.label, saving.code, saving.amount) for saving in quote.savings]


def tax_rows(quote: Quote) -> Rows:
    """One row for each rate, on items and shipping together."""
    return [
        _tax(row.name, row.rate_bps, row.base, row.amount, included=row.included)
        for row in quote.taxes
    ]


@register.filter
def order_saving_rows(order: OrderData) -> Rows:
    """The same of a placed order, from what was frozen."""
    return [
        _saving(saving.label, saving.code, saving.amount)
        for saving in orders.savings_of(order.seller_orders)
    ]


@register.filter
def order_tax_rows(order: OrderData) -> Rows:
    """The breakdown by rate of a placed order."""
    return [
        _tax(row.name, row.rate_bps, row.base, row.amount, included=row.included)
        for row in orders.taxes_of(order.seller_orders)
    ]


@register.filter
def order_total_label(order: OrderData) -> str:
    """What the last sum of an order is: nothing is called charged that was not."""
    if order.state == "pending":
        return "To pay"
    if order.confirmed_at is None:
        return "Not charged"
    return "Charged" if order.credit and not order.awaits_capture else "Total"


@register.filter
def given_back_rows(given: Mapping[str, Money]) -> Rows:
    """What came back of an order, by the way it went."""
    return [
        {"label": GIVEN_BACK[way], "amount": f"−{shown(amount)}", "saving": True}
        for way, amount in given.items()
    ]


def promotion_short(promotion: Promotion, currency: str) -> str:
    """What a promotion gives, in as few words as a tile has room for."""
    return pricing.short_words(promotion=promotion, currency=currency, written=shown)


def terms(about: Terms | None) -> Rows:
    """What is told beside a price, line by line, what stands out with a badge."""
    if about is None:
        return []
    told, currency = about.told, about.told.price.currency
    rows: Rows = []
    if told.is_own:
        ordinary = f"The ordinary price is {shown(told.public)}." if told.before else ""
        rows.append({"badge": "Your price", "text": ordinary})
    rows += [_taken(each, currency, told.may_tell_by_how_much) for each in told.taken]
    if about.lowest_before:
        lowest = shown(about.lowest_before)
        rows.append({"text": f"Lowest price of the 30 days before the reduction: {lowest}"})
    for each in told.others:
        words = pricing.words(promotion=each, currency=currency, written=shown)
        rows.append({"text": _named(each, words)})
    if about.tiers:
        each_text = ", ".join(
            f"From {count} pieces {shown(amount)} each" for count, amount in about.tiers
        )
        rows.append({"text": f"{each_text}, before promotions" if told.taken else each_text})
    return rows


def _taken(promotion: Promotion, currency: str, by_how_much: bool) -> dict[str, Any]:
    """A promotion that is in the price already. Percentages of another price stay untold."""
    if not by_how_much:
        until = pricing.until(promotion.ends)
        return {"text": _named(promotion, f"taken off in your cart{until}")}
    words = pricing.words(promotion=promotion, currency=currency, written=shown)
    short = promotion_short(promotion, currency)
    rest = f"{words.removeprefix(short).strip()}, taken off in your cart".removeprefix(", ")
    return {"badge": short, "text": _named(promotion, rest, said=short)}


def _named(promotion: Promotion, words: str, *, said: str = "") -> str:
    """The cart gives it the same name; not repeated where the name is what was said already."""
    if (said or words).lower().startswith(promotion.label.lower()):
        return f"{words[:1].upper()}{words[1:]}"
    return f"{promotion.label}: {words}"


def _saving(label: str, code: str, amount: Money) -> dict[str, Any]:
    note = f"Code {code}" if code else ""
    return {"label": label, "note": note, "amount": f"−{shown(amount)}", "saving": True}


def _tax(name: str, rate_bps: int, base: Money, amount: Money, *, included: bool) -> dict[str, Any]:
    if rate_bps and "%" not in name:
        name = f"{name} {rate_bps / 100:g}%"
    return {
        "label": f"Contains {name}" if included else name,
        "note": f"on {shown(base)}" if rate_bps else "",
        "amount": shown(amount),
    }
