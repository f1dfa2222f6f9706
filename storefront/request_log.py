"""One log line a request, under an id that is returned and followed into tasks."""

import re
import time
import uuid

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class RequestLogMiddleware(RequestMiddleware):
    """Log without queries: neither those of an address nor those to the database.

    A proxy's id is taken over when it looks like one. The secrets of links are
    masked where lines are written, see storefront.settings.logs.
    """

    def prepare(self, request: HttpRequest) -> None:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.began = time.perf_counter()  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        passed = time.perf_counter() - request.began  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(duration_ms=round(passed * 1000))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Name whoever was looked up anyway; looking up now could fail, and costs."""
        user = getattr(request, "_cached_user", None)
        if user is not None and user.pk is not None:
            structlog.contextvars.bind_contextvars(user_id=user.pk)
