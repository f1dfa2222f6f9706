"""How allauth behaves in this shop."""

from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from commerce.kernel.sealing import seal, unseal
from commerce.notifications import operations as notifications

from . import unlocking
from .account_mails import MAILS
from .privileged import needs_second_factor


class AccountAdapter(DefaultAccountAdapter):
    """Mails through our own outbox, links under our own name, limits per account and address."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The email address or the password is not right.",
        "too_many_login_attempts": (
            "That was wrong too often. Wait an hour, or look into your mail: "
            "if there is an account, the link there lets you in again."
        ),
        "rate_limited": "That was often. Please wait a little and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def is_safe_url(self, url: str) -> bool:
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # an address that cannot be taken apart
            return False

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Let the link lead on to where somebody was going, in whichever browser it is opened."""
        url = str(super().get_email_confirmation_url(request, emailconfirmation))
        wanted = (request.POST.get("next") or request.GET.get("next") or "") if request else ""
        if not wanted.startswith("/") or not self.is_safe_url(wanted):
            return url
        return f"{url}?{urlencode({'next': wanted})}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe the mail to a worker, which tries again; a known address takes as long as another."""
        mail = MAILS[template_prefix]
        notifications.send(
            key=f"account:{uuid4()}",
            kind=mail.kind,
            recipient=email,
            subject=mail.subject,
            context={**_under_our_name(context), "sentence": mail.sentence},
        )

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            unlocking.offer(
                email=credentials.get("email", ""),
                lock=self._get_login_attempts_cache_key(request, **credentials),
            )
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count per account and address, so that a stranger elsewhere locks nobody out."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed; who must have a second factor can move it, not switch it off."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": (
            "Your account can enter the admin, so the second factor stays on. "
            "You can move it to another app or phone."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not needs_second_factor(authenticator.user)


def _under_our_name(context: dict[str, Any]) -> dict[str, Any]:
    """Let links begin with our own address, whatever host the request claimed."""
    ours = {}
    for name, value in context.items():
        if name.endswith("_url"):
            parts = urlsplit(str(value))
            query = f"?{parts.query}" if parts.query else ""
            value = f"{settings.SITE_URL}{parts.path}{query}"
        ours[name] = value
    return ours
