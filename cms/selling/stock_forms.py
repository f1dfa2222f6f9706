"""The grid of stock and prices: each row stands for itself."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from commerce.catalog.models import Variant
from commerce.inventory.types import RowAnswer, StockLevel
from commerce.kernel.money import Money
from commerce.pricing.types import PriceData

from .product_forms import MAX_COUNT, PriceField

CELLS = ("on_hand", "price", "compare_at")


class CellsForm(forms.Form):
    """What may be typed into one row."""

    on_hand = forms.IntegerField(
        min_value=0,
        max_value=MAX_COUNT,
        error_messages={"min_value": "A count is 0 or more.", "invalid": "Enter a whole number."},
    )
    price = PriceField(required=False)
    compare_at = PriceField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        price, before = cleaned.get("price"), cleaned.get("compare_at")
        if before is not None and price is not None and before <= price:
            self.add_error("compare_at", "The earlier price must be higher than the price.")
        if before is not None and price is None and "price" not in self.errors:
            self.add_error("price", "Enter a price beside the earlier one.")
        return cleaned


@dataclass
class GridRow:
    """One SKU: what is, what was typed, and what is wrong with that."""

    variant: Variant
    now: dict[str, str]
    reserved: int
    low_at: int
    typed: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    cleaned: dict[str, Any] = field(default_factory=dict)
    saved: bool = False
    carried: bool = False
    version: int = 0
    seen_version: int | None = None

    @property
    def id(self) -> int:
        return int(self.variant.pk)

    @property
    def available(self) -> int:
        return int(self.now["on_hand"]) - self.reserved

    @property
    def is_low(self) -> bool:
        return self.available <= self.low_at

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Each input with its name, value, what was there before, and its error."""
        shown = {**self.now, **({} if self.saved else self.typed)}
        return [
            {
                "name": f"{name}-{self.id}",
                "seen_name": f"seen-{name}-{self.id}",
                "kind": name,
                "value": shown[name],
                "seen": self.now[name],
                "error": self.errors.get(name, ""),
            }
            for name in CELLS
        ]

    def read(self, data: Mapping[str, str]) -> None:
        """Take over what was typed and check it, where it differs from what was shown."""
        for name in CELLS:
            key = f"{name}-{self.id}"
            if key in data:
                self.typed[name] = data[key].strip()
                self.seen[name] = data.get(f"seen-{key}", self.now[name])
        if not self.changed:
            return
        values = {**self.now, **self.typed}
        if "on_hand" in self.changed:
            self._read_seen(data.get(f"seen-version-{self.id}", ""))
        else:
            values["on_hand"] = "0"  # what is owed to backorders is below zero
        form = CellsForm(values)
        form.is_valid()
        self.errors = {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}
        self.cleaned = form.cleaned_data
        if "price" in self.changed and not self.typed["price"]:
            self.errors["price"] = "A price can be changed, not removed. Archive the product."
        for name in self.changed & self._moved() - {"on_hand"}:
            self.errors.setdefault(name, _moved_message(name, self.now[name]))

    def _read_seen(self, version: str) -> None:
        """Take what was shown from the form, or what is there when the form was tampered with."""
        sane = version.isascii() and version.isdecimal() and len(version) <= 15
        self.seen_version = int(version) if sane else self.version
        if not re.fullmatch(r"-?[0-9]{1,10}", self.seen["on_hand"]):
            self.seen["on_hand"] = self.now["on_hand"]

    def take(self, answer: RowAnswer) -> None:
        """Show what became of the count that was typed."""
        self.carried = answer.outcome == "carried"
        if answer.outcome == "conflict":
            self.errors["on_hand"] = _moved_message("on_hand", str(answer.on_hand))
        elif answer.outcome == "below-reserved":
            self.errors["on_hand"] = f"{answer.promised} are promised to shoppers. Keep as many."
        elif not answer.is_done:
            self.errors["on_hand"] = "This count cannot be saved. Load the page again."

    @property
    def changed(self) -> set[str]:
        """The cells in which something else was typed than was shown."""
        return {name for name, value in self.typed.items() if value != self.seen[name]}

    def _moved(self) -> set[str]:
        """The cells that changed under the typist, by a sale or a colleague."""
        return {name for name in self.typed if self.seen[name] != self.now[name]}

    @property
    def wants_count(self) -> bool:
        return "on_hand" in self.changed and not self.errors

    @property
    def wants_price(self) -> bool:
        return bool(self.changed & {"price", "compare_at"}) and not self.errors


def _moved_message(name: str, value: str) -> str:
    who = "Somebody" if name == "on_hand" else "A colleague"
    return f"{who} changed this to {value or 'nothing'} meanwhile. Check and save again."


def rows_of(
    *,
    variants: Iterable[Variant],
    levels: Mapping[int, StockLevel],
    prices: Mapping[int, PriceData],
) -> list[GridRow]:
    """Return the grid as it is now."""
    return [
        GridRow(
            variant=variant,
            now=_now(levels.get(variant.pk), prices.get(variant.pk)),
            reserved=level.reserved if (level := levels.get(variant.pk)) else 0,
            low_at=level.low_at if level else 5,
            version=level.version if level else 0,
        )
        for variant in variants
    ]


def _now(level: StockLevel | None, price: PriceData | None) -> dict[str, str]:
    return {
        "on_hand": str(level.on_hand if level else 0),
        "price": _amount(price.amount if price else None),
        "compare_at": _amount(price.compare_at if price else None),
    }


def _amount(money: Money | None) -> str:
    return "" if money is None else str(money.decimal)
