"""A seller's price list: one line for each price."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from wagtail.admin.widgets import AdminDateTimeInput

from commerce.catalog import queries as catalog
from commerce.kernel.money import Money
from commerce.pricing import queries as pricing
from commerce.pricing.models import CustomerGroup, Price, PriceList
from commerce.pricing.operations import ListPriceInput, PriceListInput
from commerce.pricing.types import PriceInput

from .currency_choice import ask_currency

MOST_LINES = 5_000


class PriceListForm(forms.Form):
    name = forms.CharField(
        max_length=60, help_text="Shoppers read it where a price is explained, such as Winter sale."
    )
    currency = forms.ChoiceField(
        help_text="Whoever shops in it pays these. They stand in for your own prices in it."
    )
    group = forms.ModelChoiceField(
        label="Only for this group of customers",
        queryset=CustomerGroup.objects.order_by("name"),
        required=False,
        empty_label="Everybody",
    )
    starts_at = forms.DateTimeField(
        label="From", required=False, widget=AdminDateTimeInput, help_text="Empty: at once."
    )
    ends_at = forms.DateTimeField(
        label="Until", required=False, widget=AdminDateTimeInput, help_text="Empty: no end."
    )
    priority = forms.IntegerField(
        min_value=-1000,
        max_value=1000,
        initial=0,
        required=False,
        help_text="The higher one decides where two lists price the same; else the lower price.",
    )
    tax_included = forms.BooleanField(
        label="Prices hold the tax of the destination already", required=False
    )
    prices = forms.CharField(
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="One line each: SKU, a colon, the price; for a price by quantity, how many in "
        "between. “MUG-1: 9.00” or “MUG-1: 10: 8.50” for ten and more.",
    )

    def __init__(self, *args: Any, seller_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seller_id = seller_id
        ask_currency(self)

    @property
    def figures(self) -> list[Any]:
        """All fields but the prices themselves."""
        return [self[name] for name in self.fields if name != "prices"]

    @property
    def in_currency(self) -> str:
        return str(self.cleaned_data.get("currency") or settings.BASE_CURRENCY)

    def clean_prices(self) -> list[ListPriceInput]:
        entries = _entries(self.cleaned_data["prices"], self.in_currency)
        own = _own([sku for sku, _, _ in entries], self.seller_id)
        if self.in_currency != settings.BASE_CURRENCY:
            known = pricing.prices_of(variant_ids=own.values(), currency=self.in_currency)
            if missing := [sku for sku, pk in own.items() if pk not in known]:
                raise forms.ValidationError(
                    f"No price in {self.in_currency} yet: {', '.join(missing[:5])}. Set it under "
                    f"“Prices in {self.in_currency}” first; a list stands in for it."
                )
        return [
            ListPriceInput(variant_id=own[sku], min_quantity=count, amount_minor=minor)
            for sku, count, minor in entries
        ]

    def as_list(self) -> PriceListInput:
        data = self.cleaned_data
        return PriceListInput(
            seller_id=self.seller_id,
            name=data["name"],
            currency=self.in_currency,
            prices=data["prices"],
            group_id=data["group"].pk if data["group"] else None,
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            priority=data["priority"] or 0,
            tax_included=data["tax_included"],
        )

    def blame(self, errors: dict[str, str]) -> None:
        for name, message in errors.items():
            self.add_error(name if name in self.fields else None, message)


class CurrencyPricesForm(forms.Form):
    """All of a seller's own prices in a currency beside the base currency."""

    prices = forms.CharField(
        max_length=200_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, seller_id: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seller_id, self.currency = seller_id, currency
        example = Money(1000, currency).decimal
        self.fields["prices"].help_text = (
            f"One line each: SKU, a colon, the price in {currency}, such as “MUG-1: {example}”. "
            f"A SKU that is not named is not sold in {currency}."
        )

    def clean_prices(self) -> list[PriceInput]:
        entries = _entries(self.cleaned_data["prices"], self.currency)
        own = _own([sku for sku, _, _ in entries], self.seller_id)
        if any(count != 1 for _, count, _ in entries) and len(own) == len(entries):
            raise forms.ValidationError("A price by quantity belongs into a price list.")
        if len(own) < len(entries):
            raise forms.ValidationError("A SKU has one price.")
        return [
            PriceInput(variant_id=own[sku], currency=self.currency, amount_minor=minor)
            for sku, _, minor in entries
        ]


def written_prices(*, seller_id: int, currency: str) -> str:
    """Return a seller's own prices in a currency as they are typed."""
    rows = Price.objects.filter(variant__product__seller_id=seller_id, currency=currency)
    found = rows.order_by("variant__sku").values_list("variant__sku", "amount_minor")
    return "\n".join(_written(sku, 1, Money(minor, currency)) for sku, minor in found)


def filled(*, price_list: PriceList) -> dict[str, Any]:
    """Return what the form shows of a list that exists."""
    rows = price_list.prices.select_related("variant").order_by("variant__sku", "min_quantity")
    return {
        "name": price_list.name,
        "currency": price_list.currency,
        "group": price_list.group_id,
        "starts_at": price_list.starts_at,
        "ends_at": price_list.ends_at,
        "priority": price_list.priority,
        "tax_included": price_list.tax_included,
        "prices": "\n".join(
            _written(
                row.variant.sku, row.min_quantity, Money(row.amount_minor, price_list.currency)
            )
            for row in rows
        ),
    }


def _written(sku: str, count: int, amount: Money) -> str:
    return f"{sku}: {amount.decimal}" if count == 1 else f"{sku}: {count}: {amount.decimal}"


def _entries(text: str, currency: str) -> list[tuple[str, int, int]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise forms.ValidationError(f"A list holds {MOST_LINES:,} prices at most.")
    return [_read(line, number, currency) for number, line in enumerate(lines, start=1)]


def _own(skus: list[str], seller_id: int) -> dict[str, int]:
    ids = catalog.variant_ids_by_sku(skus=skus)
    variants = catalog.variants(variant_ids=ids.values())
    own = {sku: pk for sku, pk in ids.items() if variants[pk].seller_id == seller_id}
    if unknown := [sku for sku in skus if sku not in own]:
        raise forms.ValidationError(f"You have no SKU {', '.join(unknown[:5])}.")
    return own


def _read(line: str, number: int, currency: str) -> tuple[str, int, int]:
    """Read from the right: a SKU may hold a colon."""
    parts = [part.strip() for part in line.rsplit(":", 2)]
    if len(parts) == 3 and not (parts[1].isascii() and parts[1].isdecimal()):
        parts = [f"{parts[0]}:{parts[1]}", parts[2]]
    try:
        count = int(parts[1]) if len(parts) == 3 and len(parts[1]) <= 4 else 1
        amount = Decimal(parts[-1])
        if len(parts) < 2 or not parts[0] or not amount.is_finite() or amount > 10**9:
            raise ValueError(line)
        return parts[0], count, Money.of(amount, currency).minor
    except (ValueError, InvalidOperation):
        raise forms.ValidationError(
            f"Line {number}, “{line[:40]}”: write a SKU, a colon and a price such as "
            f"{Money(900, currency).decimal}."
        ) from None
