"""When and from where a seller's parcels leave, and where they can be picked up."""

from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms

from commerce.accounts.queries import countries_by_name
from commerce.accounts.types import ADDRESS_FIELDS, AddressData
from commerce.fulfillment.models import Dispatch
from commerce.fulfillment.operations import DispatchPlan

_WEEK = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class AddressFields(forms.Form):
    """A postal address; the country's own rules are looked at when it is saved."""

    name = forms.CharField(max_length=100, required=False)
    company = forms.CharField(max_length=100, required=False)
    line1 = forms.CharField(label="Street address", max_length=120, required=False)
    line2 = forms.CharField(label="More of the address", max_length=120, required=False)
    city = forms.CharField(max_length=80, required=False)
    region = forms.CharField(label="State or region", max_length=80, required=False)
    postal_code = forms.CharField(label="Postal code", max_length=20, required=False)
    country = forms.ChoiceField()
    phone = forms.CharField(max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries_by_name()  # type: ignore[attr-defined]

    def address(self) -> AddressData:
        return AddressData.from_dict(self.cleaned_data)

    def blame(self, errors: dict[str, str]) -> None:
        for field, message in errors.items():
            self.add_error(field if field in self.fields else None, message)

    @property
    def address_fields(self) -> list[Any]:
        return [self[name] for name in ADDRESS_FIELDS]


class DispatchForm(AddressFields):
    time_zone = forms.ChoiceField(
        label="Time zone", choices=[(name, name) for name in sorted(available_timezones())]
    )
    handling_days = forms.IntegerField(
        label="Working days until a parcel leaves", min_value=0, max_value=60
    )
    cutoff = forms.TimeField(
        label="Orders before this time count for the same day",
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    working_days = forms.TypedMultipleChoiceField(
        label="Working days",
        coerce=int,
        choices=list(enumerate(_WEEK)),
        widget=forms.CheckboxSelectMultiple,
    )
    closed_days = forms.CharField(
        label="Days on which you are closed",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line, such as 2026-12-31. Public holidays of your country are "
        "known already.",
    )

    @property
    def plan_fields(self) -> list[Any]:
        return [self[name] for name in ("time_zone", "cutoff", "handling_days")]

    def clean_closed_days(self) -> list[date]:
        days = []
        for line in self.cleaned_data["closed_days"].split():
            try:
                days.append(date.fromisoformat(line))
            except ValueError:
                raise forms.ValidationError(
                    f"“{line[:40]}” is no day. Write such as 2026-12-31."
                ) from None
        return days

    def as_plan(self) -> DispatchPlan:
        given = self.cleaned_data
        address = self.address()
        return DispatchPlan(
            country=address.country,
            time_zone=given["time_zone"],
            handling_days=given["handling_days"],
            cutoff=given["cutoff"],
            working_days=given["working_days"],
            closed_days=given["closed_days"],
            origin=address if address.line1 else None,
        )


def filled_plan(*, plan: Dispatch | None, country: str) -> dict[str, Any]:
    """Return what the form shows of a seller's plan, or of what holds without one."""
    plan = plan or Dispatch(country=country)
    return {
        "country": plan.country or country,
        **plan.origin,
        "time_zone": plan.time_zone,
        "handling_days": plan.handling_days,
        "cutoff": plan.cutoff,
        "working_days": plan.working_days,
        "closed_days": "\n".join(day.isoformat() for day in plan.closed_days),
    }


class PickUpForm(AddressFields):
    opening_hours = forms.CharField(
        label="Opening hours",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="As shoppers should read them, such as Mon–Fri 9:00–18:00.",
    )
