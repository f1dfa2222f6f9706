"""A seller's price list: one line for each price."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from wagtail.admin.widgets import AdminDateTimeInput

from commerce.catalog import queries as catalog
from commerce.kernel.money import Money
from commerce.pricing.models import CustomerGroup, PriceList
from commerce.pricing.operations import ListPriceInput, PriceListInput

MOST_LINES = 5_000


class PriceListForm(forms.Form):
    name = forms.CharField(
        max_length=60, help_text="Shoppers read it where a price is explained, such as Winter sale."
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

    def clean_prices(self) -> list[ListPriceInput]:
        lines = [line for line in self.cleaned_data["prices"].splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(f"A list holds {MOST_LINES:,} prices at most.")
        entries = [_read(line, number) for number, line in enumerate(lines, start=1)]
        ids = catalog.variant_ids_by_sku(skus=[sku for sku, _, _ in entries])
        variants = catalog.variants(variant_ids=ids.values())
        own = {sku: pk for sku, pk in ids.items() if variants[pk].seller_id == self.seller_id}
        if unknown := [sku for sku, _, _ in entries if sku not in own]:
            raise forms.ValidationError(f"You have no SKU {', '.join(unknown[:5])}.")
        return [
            ListPriceInput(variant_id=own[sku], min_quantity=count, amount_minor=minor)
            for sku, count, minor in entries
        ]

    def as_list(self) -> PriceListInput:
        data = self.cleaned_data
        return PriceListInput(
            seller_id=self.seller_id,
            name=data["name"],
            currency=settings.BASE_CURRENCY,
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


def filled(*, price_list: PriceList) -> dict[str, Any]:
    """Return what the form shows of a list that exists."""
    rows = price_list.prices.select_related("variant").order_by("variant__sku", "min_quantity")
    return {
        "name": price_list.name,
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


def _read(line: str, number: int) -> tuple[str, int, int]:
    """Read from the right: a SKU may hold a colon."""
    parts = [part.strip() for part in line.rsplit(":", 2)]
    if len(parts) == 3 and not (parts[1].isascii() and parts[1].isdecimal()):
        parts = [f"{parts[0]}:{parts[1]}", parts[2]]
    try:
        count = int(parts[1]) if len(parts) == 3 and len(parts[1]) <= 4 else 1
        amount = Decimal(parts[-1])
        if len(parts) < 2 or not parts[0] or not amount.is_finite() or amount > 10**9:
            raise ValueError(line)
        return parts[0], count, Money.of(amount, settings.BASE_CURRENCY).minor
    except (ValueError, InvalidOperation):
        raise forms.ValidationError(
            f"Line {number}, “{line[:40]}”: write a SKU, a colon and a price such as 9.00."
        ) from None
