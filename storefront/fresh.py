"""A remembered device restores who somebody is and their cart, not the right to change where
things go: that asks for the password again, once the last time is long ago."""

from collections.abc import Callable
from functools import wraps
from time import time as clock
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

FRESH_SECONDS = 3600
_SIGNED_IN = "signed_in_at"

View = Callable[..., HttpResponse]


@receiver(user_logged_in)
def note_the_time(request: HttpRequest | None, **_: Any) -> None:
    if request is not None:
        request.session[_SIGNED_IN] = clock()


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether the person signed in, or gave the password again, within the hour."""
    records = get_authentication_records(request, request.user)
    times = [request.session.get(_SIGNED_IN, 0), *(record.get("at", 0) for record in records)]
    return clock() - max(times) < FRESH_SECONDS


def asks_for_the_password_again(*, when: Callable[[HttpRequest], bool]) -> Callable[[View], View]:
    """Have the password typed again before the view, when there is something to protect.

    What was typed into the form is kept and carried out afterwards. Only for views of
    people who are signed in.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_fresh(request) and when(request):
                raise ReauthenticationRequired
            return view(request, *args, **kwargs)

        return guarded

    return decorate
