"""What the checkout asks for."""

from typing import Any

from django import forms
from django.http import QueryDict

from commerce.accounts.operations import InvalidAddress, check_address
from commerce.accounts.types import ADDRESS_FIELDS

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

    field_order = ["email", "country", "name"]

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


def _id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
