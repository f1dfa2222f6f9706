"""Forms and filters about a seller's invoices."""

from typing import Any

import django_filters
from django import forms
from wagtail.admin.filters import WagtailFilterSet

from commerce.accounts.queries import countries_by_name
from commerce.documents.models import Document
from commerce.documents.types import LetterheadData

from .date_range import NamedDateRange

KINDS = [("invoice", "Invoice"), ("credit_note", "Credit note")]


class DocumentFilter(WagtailFilterSet):
    kind = django_filters.MultipleChoiceFilter(
        label="Kind", choices=KINDS, widget=forms.CheckboxSelectMultiple
    )
    issued = django_filters.DateFromToRangeFilter(
        label="Issued", field_name="issued_at", widget=NamedDateRange
    )

    class Meta:
        model = Document
        fields: list[str] = []


class LetterheadForm(forms.Form):
    """Address and tax numbers, as invoices show them."""

    line1 = forms.CharField(label="Street and number", max_length=120)
    line2 = forms.CharField(label="Address, second line", max_length=120, required=False)
    city = forms.CharField(label="Town", max_length=80)
    region = forms.CharField(
        label="State or region",
        max_length=80,
        required=False,
        help_text="As a code where the country has codes, such as CA.",
    )
    postal_code = forms.CharField(label="Postal code", max_length=20, required=False)
    country = forms.ChoiceField(label="Country")
    vat_id = forms.CharField(
        label="VAT ID",
        max_length=20,
        required=False,
        help_text="With its country, such as DE123456789. Without one, invoices have no data part"
        " for bookkeeping programs when tax is charged.",
    )
    tax_number = forms.CharField(label="Tax number", max_length=30, required=False)
    footer = forms.CharField(
        label="At the foot of the page",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as where the company is registered and who directs it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries_by_name()  # type: ignore[attr-defined]

    @property
    def letterhead(self) -> LetterheadData:
        return LetterheadData(**self.cleaned_data)

    def blame(self, errors: dict[str, str]) -> None:
        for name, words in errors.items():
            self.add_error(name if name in self.fields else None, words)
