"""How a seller sends parcels."""

from typing import Any

from django import forms
from django.conf import settings

from commerce.accounts.queries import countries_by_name
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import ShippingMethod
from commerce.kernel.money import Money

from .product_forms import PriceField

MAX_DAYS = 120
MAX_KILOGRAMS = 1000


class ShippingForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="What shoppers choose, such as Standard.")
    carrier_code = forms.ChoiceField(label="Carrier")
    base = PriceField(
        label="Price of a parcel", may_be_nothing=True, help_text="0 when you send for free."
    )
    per_kg = PriceField(label="And per started kilogram", may_be_nothing=True, required=False)
    free_from = PriceField(label="Free from goods worth", required=False)
    min_days = forms.IntegerField(label="Days at least", min_value=0, max_value=MAX_DAYS)
    max_days = forms.IntegerField(label="Days at most", min_value=0, max_value=MAX_DAYS)
    max_kilograms = forms.IntegerField(
        label="Heaviest parcel in kilograms", min_value=1, max_value=MAX_KILOGRAMS, initial=30
    )
    countries = forms.MultipleChoiceField(
        label="Countries",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="None chosen: everywhere. Hold Ctrl or Cmd to choose several.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        carriers = [(carrier.code, carrier.name) for carrier in fulfillment.carriers()]
        self.fields["carrier_code"].choices = carriers  # type: ignore[attr-defined]
        self.fields["countries"].choices = countries_by_name()  # type: ignore[attr-defined]

    @property
    def figures(self) -> list[Any]:
        """All fields but the long list of countries."""
        return [self[name] for name in self.fields if name != "countries"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        least, most = cleaned.get("min_days"), cleaned.get("max_days")
        if least is not None and most is not None and most < least:
            self.add_error("max_days", "This cannot be less than the days at least.")
        return cleaned

    def as_method(self) -> dict[str, Any]:
        """Return what fulfillment takes."""
        given = self.cleaned_data
        return {
            "name": " ".join(given["name"].split()),
            "carrier_code": given["carrier_code"],
            "currency": settings.BASE_CURRENCY,
            "base_minor": given["base"],
            "per_kg_minor": given["per_kg"] or 0,
            "free_from_minor": given["free_from"],
            "days": (given["min_days"], given["max_days"]),
            "countries": given["countries"],
            "max_weight_grams": given["max_kilograms"] * 1000,
        }


def filled(*, method: ShippingMethod) -> dict[str, Any]:
    """Return what the form shows of a method."""

    def amount(minor: int | None) -> str:
        return "" if minor is None else str(Money(minor, method.currency).decimal)

    return {
        "name": method.name,
        "carrier_code": method.carrier.code,
        "base": amount(method.base_minor),
        "per_kg": amount(method.per_kg_minor or None),
        "free_from": amount(method.free_from_minor),
        "min_days": method.min_days,
        "max_days": method.max_days,
        "max_kilograms": max(1, method.max_weight_grams // 1000),
        "countries": method.countries,
    }
