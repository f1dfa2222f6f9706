"""Pages for what went wrong: a sentence, a way on, never a stack trace. Open to everyone."""

import sys
import time

import psycopg
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from psycopg_pool import PoolTimeout

_LOST = ("08", "53", "57P")
"""PostgreSQL's classes of lost connections, of resources used up, and of shutting down."""
REST_SECONDS = 2
_rests_until = 0.0


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """What was sent cannot be read, or is too much; the page asks nothing of the request."""
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    page = loader.get_template("400.html").render({"too_much": too_much})
    return HttpResponse(page, status=413 if too_much else 400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing lives at this address, or it is not this visitor's business."""
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This visitor may not do that."""
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere."""
    return render(request, "403.html", {"stale_form": True}, status=403)


def too_often(
    request: HttpRequest, *, sentence: str = "", back: tuple[str, str] | None = None
) -> HttpResponse:
    """A limit was reached; the page says to wait, and until when, if that is known."""
    context = {"sentence": sentence, "back": reverse(back[0], args=[back[1]]) if back else ""}
    page = loader.get_template("429.html").render(context)
    return HttpResponse(page, status=429, headers={"Retry-After": "300"})


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke; the page needs neither database nor context."""
    if database_is_away(error := sys.exc_info()[1]):
        _let_it_rest(error)
        return maintenance(request, retry_after=30)
    return HttpResponse(loader.get_template("500.html").render({}), status=500)


def maintenance(request: HttpRequest, *, retry_after: int) -> HttpResponse:
    """The shop is closed for a while. Cookies are left alone, so carts are found again."""
    page = loader.get_template("maintenance.html").render({})
    headers = {"Retry-After": str(retry_after), "Cache-Control": "no-store"}
    return HttpResponse(page, status=503, headers=headers)


def database_is_away(error: BaseException | None) -> bool:
    """Tell a lost database from a statement that failed."""
    while error is not None:
        if isinstance(error, psycopg.OperationalError):
            return error.sqlstate is None or error.sqlstate.startswith(_LOST)
        if isinstance(error, psycopg.InterfaceError | InterfaceError):
            return "connection" in str(error)
        error = error.__cause__ or error.__context__
    return False


def database_rests() -> bool:
    """Tell whether waiting for a connection was in vain just now.

    Whoever comes in these two seconds need not wait in vain too, one after the other.
    """
    return time.monotonic() < _rests_until


def _let_it_rest(error: BaseException | None) -> None:
    global _rests_until  # what the whole process has learned
    while error is not None:
        if isinstance(error, PoolTimeout):
            _rests_until = time.monotonic() + REST_SECONDS
        error = error.__cause__ or error.__context__
