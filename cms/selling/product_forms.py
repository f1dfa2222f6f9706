"""Forms about products and their SKUs."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import DecimalValidator

from commerce.catalog import queries as catalog
from commerce.catalog.operations import MAX_VARIANTS
from commerce.catalog.types import VariantData
from commerce.kernel import currencies
from commerce.kernel.money import Money, exponent
from commerce.pricing.operations import MAX_MINOR

from . import drafts
from .currency_choice import ask_currency
from .drafts import MAX_OPTIONS, MAX_VALUE, Option, VariantDraft

MAX_COUNT = 1_000_000
MAX_GRAMS = 1_000_000


class PriceField(forms.DecimalField):
    """An amount, in the base currency unless its form says otherwise; cleans to minor units."""

    currency = settings.BASE_CURRENCY

    def __init__(self, *, may_be_nothing: bool = False, **kwargs: Any) -> None:
        decimals = exponent(self.currency)
        super().__init__(
            min_value=Decimal(0 if may_be_nothing else 1).scaleb(-decimals),
            max_value=Decimal(MAX_MINOR).scaleb(-decimals),
            decimal_places=decimals,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "min_value": "The price cannot be below zero."
                if may_be_nothing
                else "The price must be above zero.",
                "invalid": "Enter an amount such as 12.50.",
            },
            **kwargs,
        )

    def count_in(self, currency: str) -> None:
        """Read amounts of another currency, with its decimals."""
        self.currency, self.decimal_places = currency, exponent(currency)
        self.validators = [
            DecimalValidator(None, self.decimal_places)
            if isinstance(each, DecimalValidator)
            else each
            for each in self.validators
        ]

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        try:
            return None if amount is None else Money.of(amount, self.currency).minor
        except (ValueError, InvalidOperation):
            example = Money(1250, self.currency).decimal
            raise forms.ValidationError(f"Enter an amount such as {example}.") from None


def currency_field(**kwargs: Any) -> forms.ChoiceField:
    """Ask which currency a form's amounts are in; `settle_currency` decides whether to ask."""
    return forms.ChoiceField(label="Currency", required=False, **kwargs)


def settle_currency(form: forms.Form) -> str:
    """Let a form's amounts be in the currency that was chosen in it, and return that."""
    if not ask_currency(form):
        return currencies.or_base(None)
    name = form.add_prefix("currency")
    asked = form.data.get(name) if form.is_bound else form.initial.get("currency")
    chosen = currencies.or_base(asked)
    for field in form.fields.values():
        if isinstance(field, PriceField):
            field.count_in(chosen)
    return chosen


class OptionsForm(forms.Form):
    """Up to three options, each with its values between commas."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, MAX_OPTIONS + 1):
            self.fields[f"option{number}"] = forms.CharField(
                label=f"Option {number}",
                max_length=40,
                required=False,
                help_text="Such as Color or Size." if number == 1 else "",
            )
            self.fields[f"values{number}"] = forms.CharField(
                label=f"Values of option {number}",
                max_length=4000,
                required=False,
                help_text="Between commas: Black, Sand, Olive." if number == 1 else "",
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.options = tuple(self._read_options(cleaned))
        if len({option.name.lower() for option in self.options}) < len(self.options):
            self.add_error("option2", "Give each option a name of its own.")
        return cleaned

    def combine(self) -> list[tuple[str, ...]] | None:
        """Return every combination of the options; None, with an error, when there are too many."""
        try:
            return drafts.combinations(options=self.options)
        except drafts.TooManyCombinations as refusal:
            self.add_error(None, str(refusal))
        return None

    def _read_options(self, cleaned: dict[str, Any]) -> Iterable[Option]:
        for number in range(1, MAX_OPTIONS + 1):
            name = " ".join((cleaned.get(f"option{number}") or "").split())
            typed = (cleaned.get(f"values{number}") or "").split(",")
            values = tuple(
                dict.fromkeys(" ".join(value.split()) for value in typed if value.strip())
            )
            if bool(name) != bool(values):
                field = f"values{number}" if name else f"option{number}"
                self.add_error(field, "Give the option a name and at least one value.")
            elif any(len(value) > MAX_VALUE for value in values):
                self.add_error(f"values{number}", f"A value has at most {MAX_VALUE} characters.")
            elif name:
                yield Option(name=name, values=values)

    @property
    def pairs(self) -> list[tuple[Any, Any]]:
        """Each option's field beside that of its values."""
        numbers = range(1, MAX_OPTIONS + 1)
        return [(self[f"option{number}"], self[f"values{number}"]) for number in numbers]


class ProductForm(OptionsForm):
    """A new product, and what all its SKUs start with."""

    name = forms.CharField(
        max_length=100, help_text="The page's title can differ; shoppers see that one."
    )
    brand = forms.CharField(max_length=80, required=False)
    type_code = forms.ChoiceField(label="Kind of product", help_text="Decides how it is taxed.")
    sku_prefix = forms.SlugField(
        label="SKU prefix",
        max_length=30,
        help_text="Letters, digits and dashes, such as MUG. Each SKU starts with it.",
    )
    price = PriceField(
        label="Price",
        help_text="With tax. It can differ per SKU below."
        if settings.PRICES_INCLUDE_TAX
        else "Without tax. It can differ per SKU below.",
    )
    on_hand = forms.IntegerField(label="On hand", min_value=0, max_value=MAX_COUNT, initial=0)
    weight_grams = forms.IntegerField(
        label="Weight in grams", min_value=0, max_value=MAX_GRAMS, initial=0
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code, name) for code, name in catalog.product_type_names().items()]
        self.fields["type_code"].choices = kinds  # type: ignore[attr-defined]

    @property
    def basics(self) -> list[Any]:
        return [self[name] for name in ("name", "brand", "type_code")]

    @property
    def defaults(self) -> list[Any]:
        return [self[name] for name in ("sku_prefix", "price", "on_hand", "weight_grams")]


class VariantForm(forms.Form):
    """One row of the table of SKUs. A row that is left out becomes no SKU."""

    include = forms.BooleanField(required=False, initial=True)
    values = forms.CharField(widget=forms.HiddenInput, required=False)
    sku = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._/-]*$",
        max_length=64,
        required=False,
        error_messages={"invalid": "Use letters, digits and dashes."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    price = PriceField(required=False)
    on_hand = forms.IntegerField(min_value=0, max_value=MAX_COUNT, required=False)
    weight_grams = forms.IntegerField(min_value=0, max_value=MAX_GRAMS, required=False)
    barcode = forms.CharField(max_length=40, required=False)
    is_known = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("include") and not cleaned.get("sku") and "sku" not in self.errors:
            self.add_error("sku", "Enter a SKU.")
        return cleaned

    def clean_values(self) -> tuple[str, ...]:
        try:
            values = json.loads(self.cleaned_data["values"] or "[]")
        except ValueError:
            raise forms.ValidationError("This row cannot be read.") from None
        if not isinstance(values, list) or len(values) > MAX_OPTIONS:
            raise forms.ValidationError("This row cannot be read.")
        return tuple(str(value)[:MAX_VALUE] for value in values)

    @property
    def label(self) -> str:
        raw = self["values"].value() or "[]"
        try:
            return " / ".join(map(str, json.loads(raw))) or "The only one"
        except (ValueError, TypeError):
            return ""

    def draft(self) -> VariantDraft:
        cleaned = self.cleaned_data
        return VariantDraft(
            values=cleaned["values"],
            sku=cleaned["sku"],
            weight_grams=cleaned.get("weight_grams") or 0,
            barcode=cleaned.get("barcode") or "",
            price_minor=cleaned.get("price"),
            on_hand=cleaned.get("on_hand"),
        )


VariantFormSet = forms.formset_factory(
    VariantForm, extra=0, max_num=MAX_VARIANTS, absolute_max=MAX_VARIANTS, validate_max=True
)


def fresh_rows(
    *, form: ProductForm, combinations: Sequence[tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return the table for a new product: one row per combination, with the same start."""
    taken: set[str] = set()
    given = form.cleaned_data
    return [
        {
            "include": True,
            "values": json.dumps(values),
            "sku": drafts.sku_of(prefix=given["sku_prefix"], values=values, taken=taken),
            "price": form["price"].value(),
            "on_hand": given["on_hand"],
            "weight_grams": given["weight_grams"],
        }
        for values in combinations
    ]


def known_rows(
    *, known: Sequence[VariantData], combinations: Sequence[tuple[str, ...]], prefix: str
) -> list[dict[str, Any]]:
    """Return the table for a product that has SKUs: known ones keep theirs, new ones get one."""
    actives_last = sorted(known, key=lambda variant: variant.is_active)
    by_values = {tuple(variant.option_values): variant for variant in actives_last}
    taken = {variant.sku for variant in known}
    weight = known[0].weight_grams if known else 0
    rows: list[dict[str, Any]] = []
    for values in combinations:
        variant = by_values.get(values)
        rows.append(
            {
                "include": variant.is_active if variant else True,
                "values": json.dumps(values),
                "sku": variant.sku
                if variant
                else drafts.sku_of(prefix=prefix, values=values, taken=taken),
                "weight_grams": variant.weight_grams if variant else weight,
                "barcode": variant.barcode if variant else "",
                "is_known": variant is not None,
            }
        )
    return rows
