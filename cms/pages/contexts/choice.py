"""Which variant a shopper means, and what the picker shows of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commerce.kernel.money import Money
from commerce.offers.types import Offer

from ..types import Terms
from .swatches import is_color, swatch

MOST = 999
"""As many as a line of the cart may hold."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A product's variants as far as options were chosen."""

    axes: Sequence[str]
    offers: Sequence[Offer]
    """Every variant that has a price and is not withdrawn."""
    chosen: Mapping[str, str]
    """What is picked, by axis; axes with several values may be open."""
    offer: Offer | None
    """The variant, once every axis is decided."""
    asked: bool
    """The address names a choice."""

    @property
    def matching(self) -> list[Offer]:
        return _matching(self.offers, self.axes, self.chosen)

    @property
    def price(self) -> Money | None:
        """Return the price of what is chosen, the lowest while that is open."""
        shown = self.shown
        return shown.told.price if shown else None

    @property
    def compare_at(self) -> Money | None:
        shown = self.shown
        return shown.told.before if shown else None

    @property
    def price_varies(self) -> bool:
        return len({offer.told.price.minor for offer in self._candidates()}) > 1

    @property
    def state(self) -> str:
        """Return "in", "low", "preorder" or "out" for what is chosen so far."""
        return state_of_any(self.matching)

    @property
    def label(self) -> str:
        return stock_label(self.offer) if self.offer else STATE_LABELS[self.state]

    @property
    def most(self) -> int:
        """Return how many can be ordered of what is chosen."""
        return max((offer.available for offer in self.matching if offer.is_sellable), default=1)

    @property
    def terms(self) -> Terms | None:
        """Return what is to be told beside the price that is shown."""
        shown = self.shown
        return terms_of(shown) if shown else None

    @property
    def tax_included(self) -> bool:
        """Tell whether the price that is shown holds the tax of where it is sent to."""
        shown = self.shown
        return bool(shown and shown.tiers and shown.tiers[0].tax_included)

    @property
    def is_sold_out(self) -> bool:
        """Tell whether no variant of the product can be had."""
        return not any(offer.is_sellable for offer in self.offers)

    @property
    def others(self) -> list[Offer]:
        """Return variants that can be had while the chosen one cannot, nearest first."""
        values = set(self.chosen.values())
        sellable = [offer for offer in self.offers if offer.is_sellable]
        return sorted(sellable, key=lambda offer: -len(values & set(offer.option_values)))[:4]

    def _candidates(self) -> list[Offer]:
        sellable = [offer for offer in self.matching if offer.is_sellable]
        return sellable or self.matching or list(self.offers)

    @property
    def shown(self) -> Offer | None:
        """Return the variant whose price is shown: the chosen one, else the cheapest."""
        return self.offer or min(
            self._candidates(), key=lambda offer: offer.told.price.minor, default=None
        )


def terms_of(offer: Offer) -> Terms | None:
    """Return what is to be told beside a variant's price, if there is anything."""
    told, tiers = offer.told, tuple((each.from_quantity, each.amount) for each in offer.tiers[1:])
    is_plain = not (told.before or told.is_own or told.taken or told.others or tiers)
    return None if is_plain else Terms(told=told, tiers=tiers)


STATE_LABELS = {
    "in": "In stock",
    "preorder": "Available to order",
    "low": "Low stock",
    "out": "Out of stock",
}


def state_of(offer: Offer) -> str:
    if not offer.is_sellable:
        return "out"
    if offer.in_stock <= 0:
        return "preorder"
    return "low" if offer.low else "in"


def state_of_any(offers: Sequence[Offer]) -> str:
    states = {state_of(offer) for offer in offers}
    return next((state for state in ("in", "low", "preorder") if state in states), "out")


def stock_label(offer: Offer) -> str:
    if offer.is_sellable and offer.low:
        more = offer.arrival_text(offer.in_stock + 1).partition("expected by ")[2]
        left = f"Low stock: {offer.in_stock} left"
        return f"{left}, more expected by {more}" if more else left
    if offer.is_sellable and offer.in_stock <= 0:
        return offer.arrival_text(1)
    return STATE_LABELS[state_of(offer)]


def choose(*, options: Sequence[str], offers: Sequence[Offer], asked: Mapping[str, str]) -> Choice:
    """Read a choice from `option.<axis>` and `sku`; options come first, nonsense is ignored.

    Without any, colors and the first axis follow the first variant that can be had,
    and axes with one value are decided. Sizes stay open: a size no one picked comes back.
    """
    for_sale = [offer for offer in offers if offer.refusal in (None, "sold-out")]
    axes = list(options) if _fits(options, for_sale) else []
    picked = {
        axis: asked[f"option.{axis}"]
        for place, axis in enumerate(axes)
        if asked.get(f"option.{axis}") in {offer.option_values[place] for offer in for_sale}
    }
    by_sku = next((offer for offer in for_sale if offer.sku == asked.get("sku")), None)
    if not picked and by_sku:
        picked = dict(zip(axes, by_sku.option_values, strict=True))
    chosen = {**_given(for_sale, axes), **picked}
    found = _matching(for_sale, axes, chosen) if len(chosen) == len(axes) else []
    offer = found[0] if found else None
    if not axes and len(for_sale) > 1:
        offer = by_sku or next((one for one in for_sale if one.is_sellable), for_sale[0])
    return Choice(
        axes=axes, offers=for_sale, chosen=chosen, offer=offer, asked=bool(picked or by_sku)
    )


def _fits(options: Sequence[str], offers: Sequence[Offer]) -> bool:
    return all(len(offer.option_values) == len(options) for offer in offers)


def _given(offers: Sequence[Offer], axes: Sequence[str]) -> dict[str, str]:
    first = next((offer for offer in offers if offer.is_sellable), offers[0] if offers else None)
    if first is None:
        return {}
    return {
        axis: value
        for place, (axis, value) in enumerate(zip(axes, first.option_values, strict=False))
        if is_color(axis) or (place == 0 and len(axes) > 1) or _is_only(value, place, offers)
    }


def _is_only(value: str, place: int, offers: Sequence[Offer]) -> bool:
    return all(offer.option_values[place] == value for offer in offers)


def _matching(
    offers: Sequence[Offer], axes: Sequence[str], chosen: Mapping[str, str]
) -> list[Offer]:
    wanted = [(place, chosen[axis]) for place, axis in enumerate(axes) if axis in chosen]
    return [
        offer
        for offer in offers
        if all(offer.option_values[place] == value for place, value in wanted)
    ]


def picker_axes(choice: Choice) -> list[dict[str, Any]]:
    """Return axes and options as the picker component takes them."""
    axes = []
    for place, axis in enumerate(choice.axes):
        others = {name: value for name, value in choice.chosen.items() if name != axis}
        reachable = _matching(choice.offers, choice.axes, others)
        values = dict.fromkeys(offer.option_values[place] for offer in choice.offers)
        axes.append(
            {
                "name": axis,
                "label": axis,
                "options": [
                    {
                        "value": value,
                        "label": value,
                        "checked": choice.chosen.get(axis) == value,
                        "color": swatch(axis, value),
                        "state": state_of_any(
                            [one for one in reachable if one.option_values[place] == value]
                        ),
                    }
                    for value in values
                ],
            }
        )
    return axes


def picker_variants(choice: Choice, keys: set[str]) -> list[dict[str, Any]]:
    """Return variants as the picker's script takes them; `keys` are the gallery's."""
    return [
        {
            "sku": offer.sku,
            "values": dict(zip(choice.axes, offer.option_values, strict=False)),
            "price": offer.told.price,
            "minor": offer.told.price.minor,
            "compare": offer.told.before,
            "terms": terms_of(offer),
            "state": state_of(offer),
            "label": stock_label(offer),
            "image": next((value for value in offer.option_values if value in keys), ""),
            "max": min(offer.available, MOST) if offer.is_sellable else 0,
        }
        for offer in choice.offers
    ]
