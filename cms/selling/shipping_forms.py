"""How a seller sends parcels."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import ShippingMethod, Zone
from commerce.inventory import queries as inventory
from commerce.kernel.money import Money, exponent

from . import queries
from .product_forms import MAX_MINOR, PriceField, currency_field, settle_currency

MAX_DAYS = 120
MAX_KILOGRAMS = 1000
_NONE = ("", "—")
_EVERYWHERE = ("", "Everywhere")


class ShippingForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="What shoppers choose, such as Standard.")
    currency = currency_field(
        help_text="Offered to whoever shops in it, for these prices. Each has its own ways."
    )
    kind = forms.ChoiceField(
        label="How", choices=ShippingMethod.Kind.choices, required=False, initial="table"
    )
    carrier_code = forms.ChoiceField(
        label="Carrier", required=False, help_text="Not needed for pick-up."
    )
    service = forms.CharField(
        max_length=60,
        required=False,
        label="Carrier's service",
        help_text="For prices asked of the carrier: its own name, such as Priority.",
    )
    zone = forms.ChoiceField(label="Where to", required=False)
    location = forms.ChoiceField(
        label="Only from",
        required=False,
        help_text="Offered when all items are in stock there. Pick-up needs one.",
    )
    base = PriceField(
        label="Price of a parcel", may_be_nothing=True, help_text="0 when you send for free."
    )
    per_kg = PriceField(label="And per started kilogram", may_be_nothing=True, required=False)
    per_piece = PriceField(label="And per piece", may_be_nothing=True, required=False)
    free_from = PriceField(label="Free from goods worth", required=False)
    min_days = forms.IntegerField(label="Days on the way at least", min_value=0, max_value=MAX_DAYS)
    max_days = forms.IntegerField(label="Days on the way at most", min_value=0, max_value=MAX_DAYS)
    max_kilograms = forms.IntegerField(
        label="Heaviest parcel in kilograms", min_value=1, max_value=MAX_KILOGRAMS, initial=30
    )
    basis = forms.ChoiceField(
        label="Steps go by",
        required=False,
        initial="weight",
        choices=[
            ("weight", "weight in kilograms"),
            ("price", "price of the goods"),
            ("piece", "number of pieces"),
        ],
    )
    brackets = forms.CharField(
        label="Steps",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line: from where on, a colon, the price of a parcel. “2: 9.00” makes "
        "a parcel cost 9.00 from 2 kilograms on. Below the first step the price above holds.",
    )

    def __init__(self, *args: Any, seller_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_currency = settle_currency(self)
        carriers = [(carrier.code, carrier.name) for carrier in fulfillment.carriers()]
        zones = queries.own_zones(seller_id=seller_id).values_list("pk", "name")
        places = inventory.locations_of(seller_id=seller_id)
        for name, choices in {
            "carrier_code": [_NONE, *carriers],
            "zone": [_EVERYWHERE, *zones],
            "location": [("", "Wherever it is"), *((place.id, place.name) for place in places)],
        }.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def figures(self) -> list[Any]:
        """All fields but those of the steps."""
        return [self[name] for name in self.fields if name not in ("basis", "brackets")]

    def clean_brackets(self) -> list[tuple[int, int]]:
        basis = self.cleaned_data.get("basis") or "weight"
        lines = self.cleaned_data["brackets"].splitlines()
        return [_bracket(line, basis, self.in_currency) for line in lines if line.strip()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        least, most = cleaned.get("min_days"), cleaned.get("max_days")
        if least is not None and most is not None and most < least:
            self.add_error("max_days", "This cannot be less than the days at least.")
        if cleaned.get("kind") != "pickup" and not cleaned.get("carrier_code"):
            self.add_error("carrier_code", "Choose a carrier from the list.")
        return cleaned

    def as_method(self) -> dict[str, Any]:
        """Return what fulfillment takes."""
        given = self.cleaned_data
        return {
            "name": " ".join(given["name"].split()),
            "kind": given["kind"] or "table",
            "carrier_code": given["carrier_code"],
            "service": " ".join(given["service"].split()),
            "zone_id": int(given["zone"]) if given["zone"] else None,
            "location_id": int(given["location"]) if given["location"] else None,
            "currency": self.in_currency,
            "base_minor": given["base"],
            "per_kg_minor": given["per_kg"] or 0,
            "per_piece_minor": given["per_piece"] or 0,
            "free_from_minor": given["free_from"],
            "days": (given["min_days"], given["max_days"]),
            "max_weight_grams": given["max_kilograms"] * 1000,
            "basis": given["basis"] or "weight",
            "brackets": given["brackets"],
        }


def _bracket(line: str, basis: str, currency: str) -> tuple[int, int]:
    start, colon, price = line.partition(":")
    try:
        if not colon:
            raise InvalidOperation
        money = Money.of(Decimal(price.strip()), currency)
        value = Decimal(start.strip()).scaleb(_decimals(basis, currency))
        if value != value.to_integral_value() or not 0 < value <= MAX_MINOR:
            raise InvalidOperation
        if not 0 <= money.minor <= MAX_MINOR:
            raise InvalidOperation
    except (ArithmeticError, ValueError):
        raise forms.ValidationError(
            f"“{line.strip()[:40]}” is no step. Write such as “2: 9.00”."
        ) from None
    return int(value), money.minor


def _decimals(basis: str, currency: str) -> int:
    return {"weight": 3, "price": exponent(currency)}.get(basis, 0)


def filled(*, method: ShippingMethod) -> dict[str, Any]:
    """Return what the form shows of a method."""

    def amount(minor: int | None) -> str:
        return "" if minor is None else str(Money(minor, method.currency).decimal)

    steps = method.brackets.order_by("from_value").values_list("from_value", "price_minor")
    return {
        "name": method.name,
        "currency": method.currency,
        "kind": method.kind,
        "carrier_code": method.carrier.code,
        "service": method.service,
        "zone": method.zone_id or "",
        "location": method.location_id or "",
        "base": amount(method.base_minor),
        "per_kg": amount(method.per_kg_minor or None),
        "per_piece": amount(method.per_piece_minor or None),
        "free_from": amount(method.free_from_minor),
        "min_days": method.min_days,
        "max_days": method.max_days,
        "max_kilograms": max(1, method.max_weight_grams // 1000),
        "basis": method.basis,
        "brackets": "\n".join(
            f"{_written(start, method)}: {amount(price)}" for start, price in steps
        ),
    }


def _written(value: int, method: ShippingMethod) -> str:
    return f"{Decimal(value).scaleb(-_decimals(method.basis, method.currency)).normalize():f}"


class ZoneForm(forms.Form):
    name = forms.CharField(max_length=60, help_text="Such as Home or European Union.")
    places = forms.CharField(
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="One per line or between commas: US for a country, US-CA for a region, GB:BT "
        "for postal codes that begin so. With ! in front it is left out: US, !US-AK, !US-HI.",
    )

    def as_zone(self) -> dict[str, Any]:
        places = self.cleaned_data["places"].replace(",", "\n").splitlines()
        return {"name": " ".join(self.cleaned_data["name"].split()), "places": places}


def filled_zone(*, zone: Zone) -> dict[str, Any]:
    return {"name": zone.name, "places": "\n".join(zone.places)}
