"""A parcel that gets a label: how heavy, how large, what is in it, and which offer is taken."""

from decimal import Decimal
from typing import Any

from django import forms

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import LabelOffer
from commerce.inventory import queries as inventory
from commerce.kernel.money import Money
from commerce.orders.types import SellerOrderData
from commerce.returns.operations import MAX_LABEL_BYTES


def _centimeters(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=300, required=False)


class ParcelForm(forms.Form):
    """How heavy and how large a parcel is, and which offer is taken."""

    # Nothing that could make it another parcel's, whose keys are put together of more.
    key = forms.RegexField(r"\A[A-Za-z0-9_-]{1,40}\Z", widget=forms.HiddenInput)
    kilograms = forms.DecimalField(
        label="Weight in kilograms",
        min_value=Decimal("0.001"),
        max_value=70,
        decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    length = _centimeters("Length in centimeters")
    width = _centimeters("Width in centimeters")
    height = _centimeters("Height in centimeters")
    offer = forms.CharField(max_length=200, required=False)

    @property
    def measures(self) -> list[Any]:
        return [self[name] for name in ("kilograms", "length", "width", "height")]

    def as_parcel(self) -> dict[str, Any]:
        """Return what fulfillment takes of a parcel."""
        given = self.cleaned_data
        sizes = [given[name] for name in ("length", "width", "height")]
        return {
            "weight_grams": int(given["kilograms"] * 1000),
            "sizes_mm": tuple((size or 0) * 10 for size in sizes) if any(sizes) else (),
        }

    def chosen(self) -> dict[str, Any] | None:
        """Read the offer that was taken; None when there is none, or none that could be."""
        carrier, _, rest = self.cleaned_data["offer"].partition("|")
        service, _, rest = rest.partition("|")
        minor, _, currency = rest.partition("|")
        if not (carrier and service and minor.isascii() and minor.isdecimal() and len(minor) < 12):
            return None
        if len(currency) != 3 or max(len(carrier), len(service)) > 60:
            return None
        return {"carrier": carrier, "service": service, "most": Money(int(minor), currency)}


class GivenLabelForm(forms.Form):
    """A label that the seller bought elsewhere."""

    file = forms.FileField(
        label="The label",
        help_text="PDF, PNG or JPEG, up to 5 MB.",
        error_messages={
            "required": "Choose the file with the label.",
            "empty": "The file is empty. Choose another one.",
        },
    )
    tracking_number = forms.CharField(label="Tracking number", required=False, max_length=60)

    def clean_file(self) -> Any:
        """Looked at before it is read."""
        file = self.cleaned_data["file"]
        if file.size > MAX_LABEL_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB. Choose a smaller one.")
        return file


class LabelForm(ParcelForm):
    """A parcel that leaves: where from, and what is in it."""

    location = forms.ChoiceField(label="Leaves from", required=False)

    def __init__(self, *args: Any, part: SellerOrderData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = inventory.locations_of(seller_id=part.seller_id)
        self.fields["location"].choices = [  # type: ignore[attr-defined]
            ("", "The usual address"),
            *((place.id, place.name) for place in places),
        ]
        taken = fulfillment.labeled_units(seller_order_id=part.id)
        left = [(line, line.open_quantity - taken.get(line.id, 0)) for line in part.lines]
        self.open_lines = [(line, count) for line, count in left if count > 0]
        for line, count in self.open_lines:
            self.fields[self.key_of(line.id)] = forms.IntegerField(
                label=f"How many of {line.title} are in this parcel",
                min_value=0,
                initial=count,
                widget=forms.NumberInput(attrs={"max": count}),
            )

    @staticmethod
    def key_of(line_id: int) -> str:
        return f"quantity_{line_id}"

    @property
    def measures(self) -> list[Any]:
        return [*super().measures, self["location"]]

    @property
    def rows(self) -> list[tuple[Any, int, Any]]:
        """Each line that is open, how many of it, and its field."""
        return [(line, count, self[self.key_of(line.id)]) for line, count in self.open_lines]

    @property
    def quantities(self) -> dict[int, int]:
        return {line.id: self.cleaned_data[self.key_of(line.id)] for line, _ in self.open_lines}

    def as_parcel(self) -> dict[str, Any]:
        """Return what fulfillment takes of a parcel that leaves."""
        location = self.cleaned_data["location"]
        return {**super().as_parcel(), "location_id": int(location) if location else None}


def value_of(offer: LabelOffer) -> str:
    """Return how an offer travels through the form: what it is, and what it may cost."""
    price = offer.price
    return f"{offer.carrier}|{offer.service}|{price.minor}|{price.currency}"
