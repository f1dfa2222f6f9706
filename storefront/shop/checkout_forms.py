"""What the checkout asks for."""

from typing import Any

from django import forms
from django.http import QueryDict

from commerce.accounts.operations import InvalidAddress, check_address
from commerce.accounts.types import ADDRESS_FIELDS
from commerce.kernel.money import Money
from commerce.pricing.operations import EU_COUNTRIES, InvalidVatId, checked_vat_id

from .account_forms import PlaceForm

LONGEST_ID = 18  # digits of what a bigint holds for certain


class ContactForm(PlaceForm):
    """An email address and a place to ship to."""

    email = forms.EmailField(
        max_length=254,
        label="Email address",
        error_messages={
            "required": "Enter your email address. The confirmation goes there.",
            "invalid": "Enter an email address such as ana@example.com.",
        },
    )
    save_address = forms.BooleanField(required=False)
    vat_id = forms.CharField(max_length=40, required=False, label="VAT number")

    field_order = ["email", "country", "name"]

    def clean_vat_id(self) -> str:
        """Checked where it counts; left over from another country, it is dropped."""
        number: str = self.cleaned_data["vat_id"]
        country = self.cleaned_data.get("country", "")
        if not number or country not in EU_COUNTRIES:
            return ""
        try:
            return checked_vat_id(vat_id=number, country=country)
        except InvalidVatId as invalid:
            raise forms.ValidationError(str(invalid)) from None

    @property
    def may_be_business(self) -> bool:
        """Whether the country that is chosen asks businesses for a VAT number."""
        return self.rules().country in EU_COUNTRIES

    def clean(self) -> dict[str, Any]:
        """Tell at once what the address lacks too when something else is wrong already."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors and all(name in cleaned for name in ADDRESS_FIELDS):
            try:
                check_address(address=self.address())
            except InvalidAddress as invalid:
                self.blame(invalid.errors)
        return cleaned


def chosen_methods(data: QueryDict) -> dict[int, int]:
    """Read `method-<seller>` fields; what is no number is left out and so not offered."""
    pairs = ((name.removeprefix("method-"), str(value)) for name, value in data.items())
    return {int(seller): int(method) for seller, method in pairs if _id(seller) and _id(method)}


def shown_prices(data: QueryDict, currency: str) -> dict[int, Money]:
    """Read what each seller's chosen way of shipping was shown to cost."""
    shown = {
        seller: str(data.get(f"price-{method}", ""))
        for seller, method in chosen_methods(data).items()
    }
    return {seller: Money(int(text), currency) for seller, text in shown.items() if _id(text)}


def _id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
