"""Forms about gift cards and store credit."""

import secrets
from typing import Any

from django import forms
from django.conf import settings

from commerce.accounts.models import User
from commerce.kernel.money import Money, exponent

MOST = 10_000


class IssueForm(forms.Form):
    """What somebody is given, and why. The key keeps a second press from giving it twice."""

    kind = forms.ChoiceField(
        label="What",
        choices=[("gift_card", "Gift card"), ("store_credit", "Store credit")],
        help_text="A card goes by mail, with its code. Credit belongs to an account.",
    )
    amount = forms.DecimalField(
        label=f"Amount in {settings.BASE_CURRENCY}",
        min_value=0,
        max_value=MOST,
        decimal_places=exponent(settings.BASE_CURRENCY),
    )
    email = forms.EmailField(
        label="Email address", help_text="For store credit, that of the account."
    )
    reason = forms.CharField(
        label="Reason", max_length=200, help_text="Whoever gets it reads this."
    )
    key = forms.CharField(
        max_length=40, widget=forms.HiddenInput, initial=lambda: secrets.token_urlsafe(18)
    )
    user_id: int | None = None

    def clean_amount(self) -> Any:
        if not self.cleaned_data["amount"]:
            raise forms.ValidationError("Enter an amount above zero.")
        return self.cleaned_data["amount"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("kind") == "store_credit" and given.get("email"):
            user = User.objects.filter(email__iexact=given["email"], is_active=True).first()
            if user is None:
                self.add_error("email", "No account has this address. Give a gift card instead.")
            else:
                self.user_id = user.pk
        return given

    @property
    def money(self) -> Money:
        return Money.of(self.cleaned_data["amount"], settings.BASE_CURRENCY)
