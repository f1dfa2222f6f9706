"""Forms of the account pages."""

from allauth.account.forms import SignupForm as BaseSignupForm
from django import forms
from django.http import HttpRequest

from commerce.accounts.queries import UnknownCountry, address_rules
from commerce.accounts.types import ADDRESS_FIELDS, AddressData, AddressRules

FIRST_COUNTRY = "US"


class SignupForm(BaseSignupForm):
    """Email, password and a name."""

    first_name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )

    field_order = ["first_name", "last_name", "email", "password1", "password2"]

    def save(self, request: HttpRequest) -> object:
        user = super().save(request)
        if user is not None and not user.first_name:
            user.first_name = self.cleaned_data["first_name"]
            user.last_name = self.cleaned_data["last_name"]
            user.save(update_fields=["first_name", "last_name"])
        return user


class ProfileForm(forms.Form):
    """A person's name."""

    first_name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )


class PlaceForm(forms.Form):
    """A postal address. What a country needs is checked by commerce.accounts."""

    name = forms.CharField(max_length=120, required=False, label="Full name")
    company = forms.CharField(max_length=120, required=False)
    line1 = forms.CharField(max_length=150, required=False, label="Address")
    line2 = forms.CharField(max_length=150, required=False, label="Apartment, suite, etc.")
    city = forms.CharField(max_length=100, required=False)
    region = forms.CharField(max_length=100, required=False, label="State or province")
    postal_code = forms.CharField(max_length=20, required=False)
    country = forms.CharField(max_length=2, required=False)
    phone = forms.CharField(max_length=40, required=False)

    def address(self) -> AddressData:
        """Return what was typed as an address."""
        return AddressData.from_dict({name: self.cleaned_data[name] for name in ADDRESS_FIELDS})

    def rules(self) -> AddressRules:
        """Return how addresses of the country typed so far are written; the first try is the US."""
        typed = self.data.get("country") if self.is_bound else self.initial.get("country")
        try:
            return address_rules(country=str(typed or FIRST_COUNTRY).upper())
        except UnknownCountry:
            return address_rules(country=FIRST_COUNTRY)

    @property
    def as_yet_empty(self) -> str:
        """A name for how the form looks to everybody who has told no more than a country."""
        told = {name for name in self.fields if self.initial.get(name)}
        if self.is_bound or told - {"country"}:
            return ""
        return f"{type(self).__name__} {self.rules().country}"

    def blame(self, errors: dict[str, str]) -> None:
        """Put the country rules' messages beside their fields, named as that country does."""
        rules = self.rules()
        for name in ("city", "region", "postal_code"):
            if own := getattr(rules, f"{name}_label"):
                self.fields[name].label = own
        for field, message in errors.items():
            self.add_error(field if field in self.fields else None, message)


class AddressForm(PlaceForm):
    """An entry of the address book."""

    make_default_shipping = forms.BooleanField(required=False, label="Use it to ship to")
    make_default_billing = forms.BooleanField(required=False, label="Use it for invoices")
