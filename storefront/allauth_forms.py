"""allauth's forms in our words: labels say it all, so no field repeats its own inside."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp

from .shop.account_forms import SignupForm as ShopSignupForm

_NEW_PASSWORD = {"password1": "New password", "password2": "New password once more"}
_CODE = {"code": "Code"}


class _InOurWords:
    labels: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)


class SignupForm(_InOurWords, ShopSignupForm):
    labels = {"email": "Email address", "password2": "Password once more"}


class LoginForm(_InOurWords, account.LoginForm):
    labels = {"login": "Email address", "remember": "Stay signed in on this device for 30 days"}


class AddEmailForm(_InOurWords, account.AddEmailForm):
    labels = {"email": "New email address"}


class ChangePasswordForm(_InOurWords, account.ChangePasswordForm):
    labels = {"oldpassword": "Current password", **_NEW_PASSWORD}


class SetPasswordForm(_InOurWords, account.SetPasswordForm):
    labels = _NEW_PASSWORD


class ResetPasswordForm(_InOurWords, account.ResetPasswordForm):
    labels = {"email": "Email address"}


class ResetPasswordKeyForm(_InOurWords, account.ResetPasswordKeyForm):
    labels = _NEW_PASSWORD


class ReauthenticateForm(_InOurWords, account.ReauthenticateForm):
    pass


class AuthenticateForm(_InOurWords, mfa.AuthenticateForm):
    labels = _CODE


class ReauthenticateByCodeForm(_InOurWords, mfa.ReauthenticateForm):
    labels = _CODE


class ActivateTOTPForm(_InOurWords, totp.ActivateTOTPForm):
    labels = _CODE
