"""Forms of the simple lists: what would be left untaxed by a typo is chosen, not typed."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminModelForm

from commerce.accounts import countries
from commerce.catalog.models import ProductType

MAX_REGION = 10


class TaxRateForm(WagtailAdminModelForm):
    country = forms.ChoiceField(
        error_messages={"invalid_choice": "Choose a country from the list."}
    )
    region = forms.CharField(
        max_length=40,
        required=False,
        help_text="State or province, such as CA. Empty: the whole country.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = countries.names()
        self.fields["country"].choices = [("", "Choose a country"), *known.items()]

    def clean(self) -> dict[str, Any]:
        """Write a region as addresses do: nobody lives in one that is spelled otherwise."""
        given: dict[str, Any] = super().clean()
        region = (given.get("region") or "").strip()
        country = given.get("country") or ""
        regions = countries.region_names(country) if country else {}
        if region and regions:
            if countries.fold(region) not in regions:
                place = countries.in_a_sentence(country)
                raise ValidationError({"region": f"There is no such region in {place}."})
            region = regions[countries.fold(region)]
        if len(region) > MAX_REGION:
            raise ValidationError({"region": f"A region's code has at most {MAX_REGION} letters."})
        given["region"] = region
        return given


class ProductTypeForm(WagtailAdminModelForm):
    """The code stays what it was: files and drafts name a kind by it."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = ProductType.objects.exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise ValidationError("There is a kind of this name already.")
        return name

    def save(self, commit: bool = True) -> Any:
        if not self.instance.code:
            self.instance.code = _free_code(self.instance.name)
        return super().save(commit=commit)


def _free_code(name: str) -> str:
    wanted = slugify(name)[:40] or "kind"
    taken = set(ProductType.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(code for code in (wanted, *numbered) if code not in taken)
