"""A form to prepare an order for a shopper, such as on the phone."""

from typing import Any

from django import forms

from commerce.accounts.types import ADDRESS_FIELDS, AddressData
from commerce.drafts.types import Wanted
from commerce.orders.types import SellerOrderData

from .product_forms import currency_field, settle_currency


class DraftForm(forms.Form):
    lines = forms.CharField(
        label="Items",
        help_text="One SKU on each line with its quantity, such as: MUG-SAND 2",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    currency = currency_field(
        help_text="What it is priced and paid in. Only what has a price in it can be offered."
    )
    email = forms.EmailField(label="Email address")
    name = forms.CharField(label="Full name", max_length=120)
    line1 = forms.CharField(label="Address", max_length=150)
    line2 = forms.CharField(label="Apartment, suite, etc.", max_length=150, required=False)
    city = forms.CharField(label="City", max_length=100)
    region = forms.CharField(label="State or province", max_length=100, required=False)
    postal_code = forms.CharField(label="Postal code", max_length=20, required=False)
    country = forms.CharField(
        label="Country", max_length=2, initial="US", help_text="Two letters, such as US."
    )
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    code = forms.CharField(
        label="Promotion code", max_length=40, required=False, help_text="When something is off."
    )
    note = forms.CharField(
        label="Words to the shopper",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    days = forms.IntegerField(label="Days to pay", min_value=1, max_value=14, initial=7)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_currency = settle_currency(self)

    def clean_lines(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.cleaned_data["lines"].splitlines():
            words = row.split()
            if not words:
                continue
            count = words[-1] if len(words) > 1 else "1"
            sku = " ".join(words[:-1] if len(words) > 1 else words)
            if not (count.isascii() and count.isdigit() and len(count) < 5):
                raise forms.ValidationError(f"“{row[:60]}”: end the line with a quantity.")
            found[sku] = found.get(sku, 0) + int(count)
        return found

    def wanted(self) -> Wanted:
        """Return what was typed."""
        data: dict[str, Any] = self.cleaned_data
        return Wanted(
            email=data["email"],
            address=AddressData.from_dict(
                {name: data.get(name, "") for name in ADDRESS_FIELDS} | {"company": ""}
            ),
            lines=data["lines"],
            code=data["code"],
            note=data["note"],
            days=data["days"],
            currency=self.in_currency,
        )

    @staticmethod
    def known(part: SellerOrderData) -> dict[str, Any]:
        """Return what is known of the shopper of an order that something is added to.

        Not the email address: sellers are shown none, and type what they were told.
        """
        return {
            **part.ship_to,
            "note": f"An addition to {part.order_number}",
            "currency": part.total.currency,
        }
