"""Which mail each of allauth's occasions sends, see templates/email."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mail:
    kind: str
    subject: str
    sentence: str = ""


def _change(subject: str, sentence: str) -> Mail:
    return Mail(kind="account_changed", subject=subject, sentence=sentence)


MAILS = {
    "account/email/email_confirmation_signup": Mail(
        kind="account_confirm", subject="Confirm your email address"
    ),
    "account/email/email_confirmation": Mail(
        kind="account_confirm", subject="Confirm your email address"
    ),
    "account/email/account_already_exists": Mail(
        kind="account_exists", subject="You already have an account"
    ),
    "account/email/password_reset_key": Mail(kind="account_reset", subject="Choose a new password"),
    "account/email/unknown_account": Mail(
        kind="account_unknown", subject="There is no account with this address"
    ),
    "account/email/email_confirm": _change(
        "Your email address is confirmed", "The email address of your account was confirmed."
    ),
    "account/email/email_changed": _change(
        "Your email address was changed", "Your account has another email address now."
    ),
    "account/email/email_deleted": _change(
        "An email address was removed", "An email address was removed from your account."
    ),
    "account/email/password_changed": _change(
        "Your password was changed", "The password of your account was changed."
    ),
    "account/email/password_set": _change(
        "Your account has a password", "A password was set for your account."
    ),
    "account/email/password_reset": _change(
        "Your password was reset", "The password of your account was reset by a mailed link."
    ),
    "mfa/email/totp_activated": _change(
        "The second factor is on", "An authenticator app was connected to your account."
    ),
    "mfa/email/totp_deactivated": _change(
        "The second factor is off", "The authenticator app of your account was disconnected."
    ),
    "mfa/email/recovery_codes_generated": _change(
        "There are new recovery codes",
        "New recovery codes were made for your account; the old ones no longer work.",
    ),
}
