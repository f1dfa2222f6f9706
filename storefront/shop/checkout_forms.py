"""What the checkout asks for."""

from django import forms
from django.http import QueryDict

from .account_forms import PlaceForm


class ContactForm(PlaceForm):
    """An email address and a place to ship to."""

    email = forms.EmailField(
        max_length=254,
        error_messages={
            "required": "Enter your email address. The confirmation goes there.",
            "invalid": "Enter an email address such as ana@example.com.",
        },
    )
    save_address = forms.BooleanField(required=False)

    field_order = ["email", "country", "name"]


def chosen_methods(data: QueryDict) -> dict[int, int]:
    """Read `method-<seller>` fields; what is no number is left out and so not offered."""
    return {
        int(name.removeprefix("method-")): int(str(value))
        for name, value in data.items()
        if name.removeprefix("method-").isdecimal() and str(value).isdecimal()
    }
