"""Forms about orders."""

from typing import Any

import django_filters
from django import forms
from wagtail.admin.filters import WagtailFilterSet

from commerce.fulfillment import queries as fulfillment
from commerce.orders.models import SellerOrder
from commerce.orders.types import SellerOrderData

from .date_range import NamedDateRange
from .states import ORDER_STAGES


class OrderFilter(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label="State",
        field_name="stage",
        choices=list(ORDER_STAGES.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    placed = django_filters.DateFromToRangeFilter(
        label="Placed", field_name="order__placed_at", widget=NamedDateRange
    )

    class Meta:
        model = SellerOrder
        fields: list[str] = []


class ShipForm(forms.Form):
    """One parcel: who brings it, its number, and how many of each line are in it."""

    carrier_code = forms.ChoiceField(label="Carrier")
    tracking_number = forms.CharField(
        label="Tracking number",
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, part: SellerOrderData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        carriers = [(carrier.code, carrier.name) for carrier in fulfillment.carriers()]
        self.fields["carrier_code"].choices = carriers  # type: ignore[attr-defined]
        usual = str(part.shipping_method.get("carrier", ""))
        self.fields["carrier_code"].initial = next(
            (code for code, name in carriers if name == usual), None
        )
        taken = fulfillment.labeled_units(seller_order_id=part.id)
        self.open_lines = [line for line in part.lines if line.open_quantity]
        for line in self.open_lines:
            left = line.open_quantity - taken.get(line.id, 0)
            self.fields[self.key(line.id)] = forms.IntegerField(
                label=f"How many of {line.title} are in this parcel",
                min_value=0,
                initial=left,
                widget=forms.NumberInput(attrs={"max": left}),
            )

    @staticmethod
    def key(line_id: int) -> str:
        return f"quantity_{line_id}"

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """Each line that is still open, with its field."""
        return [(line, self[self.key(line.id)]) for line in self.open_lines]

    @property
    def quantities(self) -> dict[int, int]:
        return {line.id: self.cleaned_data[self.key(line.id)] for line in self.open_lines}
