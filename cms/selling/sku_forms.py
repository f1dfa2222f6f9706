"""How one SKU is sold, what arrives of it and where it goes; and the places it can lie in."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from commerce.accounts.queries import countries_by_name
from commerce.fulfillment.types import CustomsItemData
from commerce.inventory.models import StockMovement
from commerce.inventory.operations import MAX_ON_HAND
from commerce.inventory.types import LocationData, PolicyData, StockLevel

KINDS = [
    ("deny", "Stop selling"),
    ("backorder", "Go on selling: backorder"),
    ("preorder", "Sell before it is released: preorder"),
]
CHANGES = [("received", "Goods received"), ("adjusted", "Correction, breakage, loss")]
KIND_NAMES = dict(StockMovement.Kind.choices)


class CustomsForm(forms.Form):
    """What customs are told of a SKU that crosses a border."""

    description = forms.CharField(
        label="What it is, for customs",
        max_length=60,
        required=False,
        help_text="Material and kind, such as “Cotton T-shirt, knitted”. In English.",
    )
    hs_code = forms.CharField(
        label="Tariff number (HS code)",
        max_length=16,
        required=False,
        help_text="6, 8 or 10 digits. Customs offices and carriers have lists to look it up.",
    )
    origin_country = forms.ChoiceField(label="Made in", required=False)
    value = forms.DecimalField(
        label="Declared value of one",
        required=False,
        min_value=Decimal("0.01"),
        max_value=1_000_000,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Empty: what the shopper paid for it, without tax.",
    )
    for_all = forms.BooleanField(label="Use it for every variant of this product", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["origin_country"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *countries_by_name(),
        ]

    def as_item(self) -> CustomsItemData:
        """Return what fulfillment takes."""
        given = self.cleaned_data
        value = given["value"]
        return CustomsItemData(
            description=given["description"],
            hs_code=given["hs_code"],
            origin_country=given["origin_country"],
            value_minor=None if value is None else int(value * 100),
        )

    @staticmethod
    def initial_of(item: CustomsItemData | None) -> dict[str, Any]:
        """Return what the form shows of what is kept."""
        if item is None:
            return {}
        value = None if item.value_minor is None else Decimal(item.value_minor) / 100
        return {**vars(item), "value": value}


class PolicyForm(forms.Form):
    """How a SKU is sold when it runs short."""

    kind = forms.ChoiceField(label="When nothing is left", choices=KINDS)
    backorder_limit = forms.IntegerField(
        label="Sold ahead at most", required=False, min_value=0, max_value=1_000_000
    )
    expected_on = forms.DateField(
        label="Expected on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Shoppers see this day until they have paid and after.",
    )
    low_at = forms.IntegerField(label="Tell me at or below", min_value=0, max_value=1_000_000)
    shopper_cap = forms.IntegerField(
        label="One shopper holds at most",
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="Units in open carts and unpaid checkouts together. Empty: half of the stock.",
    )
    cart_hold_minutes = forms.IntegerField(
        label="Minutes a cart holds it",
        required=False,
        min_value=0,
        max_value=60,
        help_text="0: held only from the checkout on. The time runs once and is never renewed.",
    )
    by_unit = forms.BooleanField(
        label="Prepare for a rush",
        required=False,
        help_text="For a launch that many want at one instant. Selling ahead is off meanwhile.",
    )

    def as_policy(self) -> PolicyData:
        """Return what inventory takes."""
        given = self.cleaned_data
        ahead = given["kind"] != "deny"
        return PolicyData(
            kind=given["kind"],
            backorder_limit=(given["backorder_limit"] or 0) if ahead else 0,
            expected_on=given["expected_on"] if ahead else None,
            cart_hold_minutes=given["cart_hold_minutes"] or 0,
            shopper_cap=given["shopper_cap"],
            by_unit=given["by_unit"],
            low_at=given["low_at"],
        )


class PlaceForm(forms.Form):
    """A form that names one of the seller's own locations."""

    def __init__(self, *args: Any, places: list[LocationData], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Beside other forms with fields of the same names.
        self.auto_id = f"{type(self).__name__.lower()}_%s"
        choices = [(str(place.id), place.name) for place in places]
        for name in ("location", "source", "target"):
            if name in self.fields:
                self.fields[name].choices = choices  # type: ignore[attr-defined]


class LowHereForm(forms.Form):
    """At how many free units of each location its seller wants to be told."""

    def __init__(self, *args: Any, rows: Sequence[tuple[str, StockLevel]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, row in rows:
            self.fields[f"low-{row.location_id}"] = forms.IntegerField(
                label=f"Tell me at or below in {name}",
                required=False,
                min_value=0,
                max_value=1_000_000,
                initial=row.low_here,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )

    def of(self, location_id: int) -> forms.BoundField:
        return self[f"low-{location_id}"]

    def thresholds(self) -> dict[int, int | None]:
        """Return what inventory takes."""
        return {int(key.removeprefix("low-")): low for key, low in self.cleaned_data.items()}


class MovesForm(forms.Form):
    """Which movements are shown; what makes no sense narrows nothing."""

    kind = forms.ChoiceField(label="What", required=False)
    place = forms.ChoiceField(label="Where", required=False)

    def __init__(self, *args: Any, places: list[LocationData], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "moves_%s"
        kinds = [("", "Everything"), *KIND_NAMES.items()]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        names = [("", "Everywhere"), *((str(place.id), place.name) for place in places)]
        self.fields["place"].choices = names  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """Return what inventory takes to narrow movements."""
        self.is_valid()
        place = self.cleaned_data.get("place")
        return {
            "kind": self.cleaned_data.get("kind") or "",
            "location_id": int(place) if place else None,
        }


class ChangeForm(PlaceForm):
    """Units that came or went."""

    location = forms.ChoiceField(label="Where")
    kind = forms.ChoiceField(label="What happened", choices=CHANGES)
    delta = forms.IntegerField(
        label="Units",
        min_value=-MAX_ON_HAND,
        max_value=MAX_ON_HAND,
        help_text="Such as 24, or -2 for two fewer.",
    )
    note = forms.CharField(label="Note", required=False, max_length=60)

    def clean_delta(self) -> int:
        delta: int = self.cleaned_data["delta"]
        if not delta:
            raise forms.ValidationError("Enter how many units came or went.")
        return delta


class TransferForm(PlaceForm):
    """Units that move between two places."""

    source = forms.ChoiceField(label="From")
    target = forms.ChoiceField(label="To")
    quantity = forms.IntegerField(label="Units", min_value=1, max_value=MAX_ON_HAND)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("source") and cleaned.get("source") == cleaned.get("target"):
            self.add_error("target", "Choose another location than the first.")
        return cleaned


class LocationForm(forms.Form):
    """Where a seller keeps stock."""

    name = forms.CharField(max_length=80, help_text="Such as Warehouse or Shop on Elm Street.")
    country = forms.ChoiceField()
    priority = forms.IntegerField(
        min_value=0,
        max_value=9999,
        help_text="Orders leave from the lowest number that has everything, such as 1 before 2.",
    )
    count_every = forms.IntegerField(
        label="Count every so many days",
        required=False,
        min_value=1,
        max_value=366,
        help_text="Such as 90. When a count is due, its sheet is prepared and you get a mail;"
        " empty: no schedule.",
    )
    count_at_once = forms.IntegerField(
        label="SKUs each time",
        required=False,
        min_value=1,
        max_value=10_000,
        help_text="So many of those not counted for longest; empty: all of them.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries_by_name()  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("count_at_once") and "count_every" in given and not given["count_every"]:
            self.add_error("count_every", "Enter after how many days to count again.")
        return given
