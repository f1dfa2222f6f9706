"""What whoever gives a gift card is asked."""

import secrets
from collections.abc import Callable
from typing import Any

from django import forms

from commerce.giftcards import queries
from commerce.giftcards.types import Offered, Wish
from commerce.kernel.money import Money, exponent

OWN = "own"
MOST_DIGITS = 10
MISSING = {
    "amount": "Choose one of the amounts, or your own.",
    "recipient_name": "Enter the name of whoever gets the gift card.",
    "recipient_email": "Enter the email address that the gift card is to go to.",
    "sender_name": "Enter your name, so that they know who it is from.",
    "sender_email": "Enter your email address, for the receipt.",
}


class GiftCardForm(forms.Form):
    """Amount, who gets it, who sends it, and when. The key makes a second press harmless."""

    amount = forms.ChoiceField(
        label="Amount",
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the amounts, or your own."},
    )
    own_amount = forms.DecimalField(label="Your own amount", required=False, max_digits=MOST_DIGITS)
    recipient_name = forms.CharField(
        label="Who is it for?", widget=forms.TextInput(attrs={"maxlength": queries.MOST_OF_NAME})
    )
    recipient_email = forms.EmailField(
        label="Their email address", help_text="The code goes to this address only."
    )
    message = forms.CharField(
        label="Message",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": queries.MOST_LETTERS}),
        help_text="A few lines, without web addresses or telephone numbers.",
    )
    deliver_on = forms.DateField(
        label="Send it on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Leave it empty to send it as soon as it is paid.",
    )
    sender_name = forms.CharField(
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name", "maxlength": queries.MOST_OF_NAME}),
    )
    sender_email = forms.EmailField(
        label="Your email address",
        help_text="For the receipt.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    key = forms.CharField(
        max_length=40, widget=forms.HiddenInput, initial=lambda: secrets.token_urlsafe(18)
    )

    def __init__(self, *args: Any, offered: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.fields["amount"].choices = [  # type: ignore[attr-defined]
            *((str(each.minor), said(each)) for each in offered.amounts),
            (OWN, "Another amount"),
        ]
        for name, what in MISSING.items():
            self.fields[name].error_messages["required"] = what
        self.fields["amount"].initial = str(offered.amounts[0].minor)
        own = self.fields["own_amount"]
        own.help_text = (
            f"With “Another amount”: from {said(offered.least)} to {said(offered.most)}."
        )
        own.widget.attrs |= {"step": str(Money(1, offered.currency).decimal)}
        day = self.fields["deliver_on"].widget.attrs
        day |= {"min": offered.today.isoformat(), "max": offered.last_day.isoformat()}

    def clean_own_amount(self) -> Any:
        given = self.cleaned_data["own_amount"]
        if given is not None and -given.as_tuple().exponent > exponent(self.offered.currency):
            raise forms.ValidationError("Enter an amount without parts of a cent.")
        return given

    def clean_recipient_name(self) -> str:
        return self._unobjected("recipient_name", queries.objection_to_name)

    def clean_sender_name(self) -> str:
        return self._unobjected("sender_name", queries.objection_to_name)

    def clean_message(self) -> str:
        return self._unobjected("message", queries.objection_to_message)

    def _unobjected(self, name: str, objection_to: Callable[[str], str]) -> str:
        given: str = self.cleaned_data[name]
        if objection := objection_to(given):
            raise forms.ValidationError(objection)
        return given

    def clean_deliver_on(self) -> Any:
        day = self.cleaned_data["deliver_on"]
        if day is not None and not self.offered.today <= day <= self.offered.last_day:
            raise forms.ValidationError("Choose today or a later day, within a year.")
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("amount") != OWN and given.get("own_amount") is not None:
            self.add_error("own_amount", "Choose “Another amount” above, or leave this empty.")
        if given.get("amount") == OWN and "own_amount" not in self.errors:
            amount = self._own(given.get("own_amount"))
            if amount is None or not self.offered.least <= amount <= self.offered.most:
                self.add_error(
                    "own_amount",
                    f"Enter an amount from {said(self.offered.least)} to"
                    f" {said(self.offered.most)}.",
                )
        return given

    def _own(self, given: Any) -> Money | None:
        return None if given is None else Money.of(given, self.offered.currency)

    def wish(self) -> Wish:
        """Return what was asked for."""
        said_ = self.cleaned_data
        amount = (
            self._own(said_["own_amount"])
            if said_["amount"] == OWN
            else Money(int(said_["amount"]), self.offered.currency)
        )
        assert amount is not None  # noqa: S101 -- clean() has seen to it
        names = ("recipient_name", "recipient_email", "message", "sender_name", "sender_email")
        return Wish(
            amount=amount,
            # The day that is today is as good as none: it is sent when it is paid.
            deliver_on=said_["deliver_on"] if said_["deliver_on"] != self.offered.today else None,
            **{name: said_[name] for name in names},
        )


def said(amount: Money) -> str:
    """Write an amount as the shop does, without cents where there are none."""
    text = f"{amount.decimal:,}".removesuffix(".00")
    return f"${text}" if amount.currency == "USD" else f"{text} {amount.currency}"
