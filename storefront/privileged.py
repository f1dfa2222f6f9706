"""People who can enter the admin, staff and sellers: short sessions and a second factor."""

from time import time as clock
from typing import Any
from urllib.parse import urlencode

from allauth.account.signals import authentication_step_completed
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .middleware import Handler

IDLE_SECONDS = 15 * 60
ABSOLUTE_SECONDS = 24 * 3600
NOTED_EVERY_SECONDS = 60

_TIMES = "privileged"
_SECOND_FACTOR = "second_factor"
# An open editor calls here every few seconds, whether or not somebody sits in front of it.
# What it saves by itself follows upon typing, and so does count.
_NOBODYS = ("/admin/editing-sessions/",)
_WAY_OUT = ("/admin/login/", "/admin/logout/")


def may_enter_admin(user: Any) -> bool:
    """Tell whether this is one of the staff or of a seller's people."""
    return bool(user.is_authenticated and user.has_perm("wagtailadmin.access_admin"))


def needs_second_factor(user: Any) -> bool:
    """Tell whether this person may not be without a second factor."""
    return bool(settings.MFA_REQUIRED_FOR_STAFF and may_enter_admin(user))


def lacks_second_factor(user: Any) -> bool:
    """Tell whether somebody who is about to enter the admin must set one up first."""
    return bool(settings.MFA_REQUIRED_FOR_STAFF and not is_mfa_enabled(user))


@receiver(user_logged_in)
def start_the_clock(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is not None and may_enter_admin(user):
        _note(request, since=clock())


@receiver(authentication_step_completed)
def remember_the_second_factor(request: HttpRequest, user: Any, method: str, **_: Any) -> None:
    if method == "mfa":
        request.session[_SECOND_FACTOR] = user.pk


@receiver(authenticator_added)
def count_setting_it_up_as_using_it(request: HttpRequest, user: Any, **_: Any) -> None:
    """Whoever sets it up has just typed a code."""
    request.session[_SECOND_FACTOR] = user.pk


class ShortSessionMiddleware:
    """End the session of staff and sellers when idle, and a day after signing in at the latest."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        times = request.session.get(_TIMES)
        now = clock()
        if times is None:
            # Somebody who was let into the admin while signed in already.
            if request.path_info.startswith("/admin/") and may_enter_admin(request.user):
                _note(request, since=now)
        elif now - times["since"] >= ABSOLUTE_SECONDS:
            _end(request, "You were signed out: a day has passed since you signed in.")
        elif now - times["seen"] >= IDLE_SECONDS:
            _end(request, "You were signed out: nothing was done for 15 minutes.")
        elif now - times["seen"] >= NOTED_EVERY_SECONDS and not _is_nobodys(request):
            _note(request, since=times["since"])


class SecondFactorMiddleware:
    """Staff and sellers enter the admin with a second factor used in this very session."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.path_info.startswith("/admin/")
            and request.path_info not in _WAY_OUT
            and settings.SESSION_COOKIE_NAME in request.COOKIES
            and needs_second_factor(request.user)
            and request.session.get(_SECOND_FACTOR) != request.user.pk
        ):
            return _ask(request)
        return self.get_response(request)


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Send whoever wants into the admin to the shop's one sign-in, and back into the admin."""
    query = request.GET.copy()
    query.setdefault("next", reverse("wagtailadmin_home"))
    return HttpResponseRedirect(f"{reverse('account_login')}?{query.urlencode(safe='/')}")


def _ask(request: HttpRequest) -> HttpResponse:
    known = is_mfa_enabled(request.user)
    there = reverse("mfa_reauthenticate" if known else "mfa_activate_totp")
    back = request.get_full_path() if request.method == "GET" else "/admin/"
    return HttpResponseRedirect(f"{there}?{urlencode({'next': back})}")


def _note(request: HttpRequest, *, since: float) -> None:
    request.session[_TIMES] = {"since": since, "seen": clock()}


def _end(request: HttpRequest, why: str) -> None:
    logout(request)
    messages.info(request, why)


def _is_nobodys(request: HttpRequest) -> bool:
    return request.path_info.startswith(_NOBODYS)
