"""Forms about what shoppers ask after they ordered: answers, inspections, cancellations."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from wagtail.admin.filters import WagtailFilterSet

from commerce.kernel.money import Money
from commerce.orders.types import SellerOrderData
from commerce.returns.models import Case, CaseLine
from commerce.returns.types import CaseData, Finding

from .states import CASE_STATES


class CaseFilter(WagtailFilterSet):
    state = django_filters.MultipleChoiceFilter(
        label="State", choices=list(CASE_STATES.items()), widget=forms.CheckboxSelectMultiple
    )
    kind = django_filters.MultipleChoiceFilter(
        label="Kind", choices=Case.Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Case
        fields: list[str] = []


class AnswerForm(forms.Form):
    """Yes or no, with words."""

    note = forms.CharField(
        label="What the shopper is told",
        help_text="Needed when you say no.",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    return_to = forms.CharField(
        label="Where to send it back",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, case: CaseData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if case.kind != "return":
            del self.fields["return_to"]


class InspectForm(forms.Form):
    """How each line came back, and what is given back for it."""

    withheld = forms.DecimalField(
        label="Withheld for wear", required=False, min_value=Decimal(0), decimal_places=2,
        max_digits=12, help_text="Taken off the refund; needs a reason.",
    )  # fmt: skip
    note = forms.CharField(
        label="What the shopper is told",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, case: CaseData, on_sale: Mapping[int, bool], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        for line in case.lines:
            key = line.order_line_id
            self.fields[f"condition_{key}"] = forms.ChoiceField(
                label=f"How {line.title} was found", choices=CaseLine.Condition.choices
            )
            self.fields[f"accepted_{key}"] = forms.IntegerField(
                label=f"Accepted of {line.title}",
                min_value=0, max_value=line.quantity, initial=line.quantity,
            )  # fmt: skip
            self.fields[f"put_back_{key}"] = forms.IntegerField(
                label=f"Back on sale of {line.title}",
                min_value=0, max_value=line.quantity,
                initial=line.quantity if on_sale[key] else 0,
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Any, Any, Any, Any]]:
        """Each line with its three fields."""
        return [
            (
                line,
                self[f"condition_{line.order_line_id}"],
                self[f"accepted_{line.order_line_id}"],
                self[f"put_back_{line.order_line_id}"],
            )
            for line in self.case.lines
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for line in self.case.lines:
            key = line.order_line_id
            sellable = data.get(f"condition_{key}") in ("new", "opened")
            if data.get(f"put_back_{key}") and not sellable:
                data[f"put_back_{key}"] = 0
            if data.get(f"condition_{key}") == "missing":
                data[f"accepted_{key}"] = data[f"put_back_{key}"] = 0
            accepted, put_back = data.get(f"accepted_{key}"), data.get(f"put_back_{key}")
            if accepted is not None and put_back is not None and put_back > accepted:
                self.add_error(f"put_back_{key}", "No more can go back on sale than you accept.")
        return data

    @property
    def findings(self) -> dict[int, Finding]:
        data = self.cleaned_data
        return {
            line.order_line_id: Finding(
                condition=data[f"condition_{line.order_line_id}"],
                accepted=data[f"accepted_{line.order_line_id}"],
                put_back=data[f"put_back_{line.order_line_id}"],
            )
            for line in self.case.lines
        }

    @property
    def withheld_minor(self) -> int:
        amount = self.cleaned_data.get("withheld") or Decimal(0)
        return Money.of(amount, self.case.withheld.currency).minor


class ReplacementForm(forms.Form):
    tracking_number = forms.CharField(label="Tracking number", required=False, max_length=60)


class CancelForm(forms.Form):
    """What a seller cannot deliver."""

    note = forms.CharField(
        label="What the shopper is told", max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, part: SellerOrderData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.open_lines = [line for line in part.lines if line.open_quantity]
        for line in self.open_lines:
            self.fields[f"units_{line.id}"] = forms.IntegerField(
                label=f"How many of {line.title} you cannot deliver",
                min_value=0, max_value=line.open_quantity, initial=0, required=False,
            )  # fmt: skip

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return [(line, self[f"units_{line.id}"]) for line in self.open_lines]

    @property
    def units(self) -> dict[int, int]:
        data = self.cleaned_data
        return {line.id: data.get(f"units_{line.id}") or 0 for line in self.open_lines}
