"""A way back in for whoever is locked out by wrong passwords: a link, mailed to the account.

Tries are counted per account and network address, so a stranger elsewhere locks nobody
out. Somebody behind the same address can; the link opens that lock again.
"""

import hashlib
import time

import structlog
from allauth.core import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commerce.accounts import queries as accounts
from commerce.notifications import operations as notifications

log = structlog.get_logger(__name__)

LOCKED_SECONDS = 3600
_SALT = "storefront.unlocking"


def offer(*, email: str, lock: str) -> None:
    """Let a worker find out whether there is an account to tell; takes as long for any address."""
    from .tasks import mail_unlock_link

    try:
        mail_unlock_link.delay(email=email, lock=lock)
    except Exception as error:
        # A reset of the password opens the lock too.
        log.warning("unlock.not_scheduled", error=repr(error))


def mail_link(*, email: str, lock: str) -> bool:
    """Mail the link to the account of that address, once an hour; False when there is none."""
    if not accounts.user_ids_by_email(emails=[email]):
        return False
    hour = int(time.time()) // LOCKED_SECONDS
    token = signing.dumps(lock, salt=_SALT)
    link = f"{settings.SITE_URL}{reverse('account-unlock', args=[token])}"
    return notifications.send(
        key=f"unlock:{hashlib.sha256(lock.encode()).hexdigest()[:32]}:{hour}",
        kind="account_unlock",
        recipient=email,
        subject="Your account is locked for an hour",
        context={"link": link},
    )


@never_cache
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest, token: str) -> HttpResponse:
    """Open the lock that the link names; whoever holds the link reads the account's mail."""
    try:
        lock = signing.loads(token, salt=_SALT, max_age=LOCKED_SECONDS)
    except signing.BadSignature:
        return render(request, "account/unlock.html", {"is_gone": True}, status=410)
    if request.method == "GET":
        return render(request, "account/unlock.html")
    ratelimit.clear(request, action="login_failed", key=lock)
    return redirect("account_login")
