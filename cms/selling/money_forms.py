"""The period of a statement, and days of featured placement."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from wagtail.admin.widgets import AdminDateInput

from commerce.catalog.models import Product

MAX_DAYS = 366


class PeriodForm(forms.Form):
    """Two days, both included; this month until today when nothing is given."""

    since = forms.DateField(label="From", widget=AdminDateInput)
    until = forms.DateField(label="To", widget=AdminDateInput)

    @classmethod
    def read(cls, data: Any, *, today: date) -> "PeriodForm":
        """Return the form with what was asked for, or with this month."""
        this_month = {"since": today.replace(day=1), "until": today}
        return cls(data if "since" in data or "until" in data else this_month)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "Choose a day that is not before the first.")
        elif since and until and (until - since).days > MAX_DAYS:
            self.add_error("until", "A statement covers a year at most.")
        return cleaned

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The start of the first day and the end of the last, in UTC."""
        first, last = self.cleaned_data["since"], self.cleaned_data["until"]
        return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


class FeatureForm(forms.Form):
    """Which product is featured, from when and for how long."""

    product = forms.ModelChoiceField(Product.objects.none(), empty_label="Choose a product")
    first_day = forms.DateField(label="First day", widget=AdminDateInput)
    days = forms.IntegerField(min_value=1, max_value=30)

    def __init__(self, *args: Any, seller_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["product"]
        own = Product.objects.filter(seller_id=seller_id, state=Product.State.ACTIVE)
        chooser.queryset = own.order_by("name")
        chooser.label_from_instance = lambda product: product.name
