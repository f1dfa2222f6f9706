"""Forms about gift cards and store credit."""

import secrets
from typing import Any

from django import forms
from django.conf import settings

from cms.selling.currency_choice import ask_currency
from commerce.accounts.models import User
from commerce.kernel.money import Money

MOST_MINOR = 1_000_000


class IssueForm(forms.Form):
    """What somebody is given, and why. The key keeps a second press from giving it twice."""

    kind = forms.ChoiceField(
        label="What",
        choices=[("gift_card", "Gift card"), ("store_credit", "Store credit")],
        help_text="A card goes by mail, with its code. Credit belongs to an account.",
    )
    currency = forms.ChoiceField(help_text="It pays for orders in this one only.")
    amount = forms.DecimalField(min_value=0, max_value=MOST_MINOR)
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_currency(self):
            self.fields["amount"].label = f"Amount in {settings.BASE_CURRENCY}"

    @property
    def inputs(self) -> list[Any]:
        return [self[name] for name in self.fields if name != "key"]

    @property
    def in_currency(self) -> str:
        return str(self.cleaned_data.get("currency") or settings.BASE_CURRENCY)

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if not amount:
            raise forms.ValidationError("Enter an amount above zero.")
        most = Money(MOST_MINOR, self.in_currency)
        try:
            given = Money.of(amount, self.in_currency)
        except ValueError:
            raise forms.ValidationError(
                f"Write an amount of {self.in_currency} such as {most.decimal}."
            ) from None
        if given.minor > most.minor:
            raise forms.ValidationError(f"That is too much; {most} at most.")
        return amount

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
        return Money.of(self.cleaned_data["amount"], self.in_currency)
