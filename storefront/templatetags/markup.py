"""Markup that is made once: the frame of every page, and cards by everything they show."""

from collections.abc import Hashable, Sequence
from hashlib import sha256
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import get_template
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString

from cms.pages import memory
from commerce.cart.types import CartLine
from commerce.discovery.types import CardData
from commerce.pricing.types import Quote, QuotedLine

from .design import shown
from .prices import after_discount, quoted_line
from .shop import Rows, badge, money, priced, tile

register = template.Library()

GRID = "(min-width: 68rem) 20rem, (min-width: 44rem) 30vw, 46vw"
RAIL = "(min-width: 60rem) 20rem, 42vw"
MANY_VARIANTS = 40
"""From here on a picker is bulky; visitors can ask for it with any of its options chosen."""


@register.simple_tag
def cards(found: Sequence[CardData], heading: str = "h2", priority: int = 0) -> SafeString:
    """Write cards as items of a grid; the first `priority` pictures load at once."""
    return SafeString(
        "".join(
            f"<li>{_card(card, heading, GRID, place < int(priority))}</li>"
            for place, card in enumerate(found)
        )
    )


@register.simple_tag
def rail(found: Sequence[CardData], title: str, href: str = "", number: Hashable = 0) -> SafeString:
    """Write a rail of cards."""
    key = ("rail", title, href, number, *(_shown(card) for card in found))

    def write() -> SafeString:
        items = "".join(f"<li>{_card(card, 'h3', RAIL, False)}</li>" for card in found)
        context = {"title": title, "href": href, "number": number, "items": SafeString(items)}
        return SafeString(get_template("blocks/rail.html").render(context))

    return memory.markup.recall(key, write)


@register.simple_tag
def picker(axes: Rows, variants: Rows, sku: str | None = None) -> SafeString:
    """Write the picker of a product's variants."""

    def write() -> SafeString:
        context = {"axes": axes, "variants": priced(variants), "sku": sku or ""}
        return SafeString(get_template("pages/picker.html").render(context))

    # By its hash: with promotions on, what a picker shows is longer than the picker.
    shows = sha256(f"{axes} {variants}".encode()).digest()
    room = memory.bulky if len(variants) > MANY_VARIANTS else memory.markup
    return room.recall(("picker", shows, sku), write)


@register.simple_tag
def options(choices: Sequence[tuple[str, str]], chosen: object = "") -> SafeString:
    """Write the options of a select; the list is written once, the chosen one marked in it."""

    def write() -> str:
        return "".join(
            f'<option value="{escape(k)}">{escape(text)}</option>' for k, text in choices
        )

    written = memory.markup.recall(("options", tuple(choices)), write)
    this = f'value="{escape(chosen)}"'
    return SafeString(written.replace(f"{this}>", f"{this} selected>", 1))


@register.simple_tag
def summary_rows(rows: Rows) -> SafeString:
    """Write the rows of an order summary: label, note and amount."""
    return SafeString("".join(map(_summary_row, rows)))


def _summary_row(row: dict[str, Any]) -> str:
    look = " order-summary__row--saving" if row.get("saving") else ""
    note = f"<small>{conditional_escape(row['note'])}</small>" if row.get("note") else ""
    amount = conditional_escape(shown(row["amount"]))
    return (
        f'<div class="order-summary__row{look}"><dt>{conditional_escape(row["label"])}{note}</dt>'
        f"<dd>{amount}</dd></div>"
    )


@register.simple_tag
def summary_lines(lines: Sequence[CartLine], quote: Quote | None) -> SafeString:
    """Write what a cart holds as items of a list, each with what it comes to."""
    return SafeString("".join(_summary_line(line, quoted_line(line, quote)) for line in lines))


def _summary_line(line: CartLine, quoted: QuotedLine | None) -> str:
    options = f", {escape(line.offer.options_text)}" if line.offer.options_text else ""
    amount = after_discount(quoted) if quoted else money(line.total)
    return (
        f'<li class="order-summary__row"><span>{line.quantity} × {escape(line.offer.title)}'
        f'{options}</span><span class="figures nowrap">{escape(amount)}</span></li>'
    )


def _card(card: CardData, heading: str, sizes: str, priority: bool) -> str:
    def write() -> str:
        context = {"card": tile(card), "heading": heading, "sizes": sizes, "priority": priority}
        return str(get_template("blocks/card.html").render(context))

    return memory.markup.recall(("card", _shown(card), heading, sizes, priority), write)


def _shown(card: CardData) -> tuple[Hashable, ...]:
    """Return all that a card shows, to know it again by."""
    return (
        card.title, card.path, str(card.image), card.seller_name, card.seller_path,
        card.price, card.compare_at, card.price_varies, card.in_stock, badge(card),
    )  # fmt: skip


@register.tag
def remember(parser: Parser, token: Token) -> "Remember":
    """Render a part of a page once, until content changes: {% remember "name" key … %}.

    Whatever the part shows must be content, or among the keys. A key that is empty
    is a visitor's own: then nothing is remembered.
    """
    name, *keys = token.split_contents()[1:]
    nodes = parser.parse(("endremember",))
    parser.delete_first_token()
    return Remember(nodes, name.strip("\"'"), [parser.compile_filter(key) for key in keys])


class Remember(template.Node):
    def __init__(self, nodelist: NodeList, name: str, keys: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.name = name
        self.keys = keys

    def render(self, context: Any) -> SafeString:
        keys = [key.resolve(context, ignore_failures=True) for key in self.keys]
        if not all(keys):
            return self.nodelist.render(context)
        return memory.recall(("markup", self.name, *keys), lambda: self.nodelist.render(context))
