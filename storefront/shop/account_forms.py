"""Forms of the account pages."""

from allauth.account.forms import SignupForm as BaseSignupForm
from django import forms
from django.http import HttpRequest


class SignupForm(BaseSignupForm):
    """Email, password and a name."""

    first_name = forms.CharField(max_length=80)
    last_name = forms.CharField(max_length=80)

    field_order = ["first_name", "last_name", "email", "password1", "password2"]

    def save(self, request: HttpRequest) -> object:
        user = super().save(request)
        if user is not None and not user.first_name:
            user.first_name = self.cleaned_data["first_name"]
            user.last_name = self.cleaned_data["last_name"]
            user.save(update_fields=["first_name", "last_name"])
        return user
