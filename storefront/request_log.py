"""One log line a request, under an id that is returned and followed into tasks."""

import re
import time
import uuid

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware
from django_structlog.middlewares.request import logger

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
        took = {"duration_ms": round(passed * 1000)}
        if response.streaming or hasattr(request, "_raised_exception"):
            structlog.contextvars.bind_contextvars(**took)
            super().handle_response(request, response)
            return
        # The library would gather first what only lines of a stream and its signals need.
        self.bind_user_id(request)
        level = self._log_level_for_status_code(response.status_code)
        said = {"code": response.status_code, "request": self.format_request(request), **took}
        logger.log(level, "request_finished", **said)
        structlog.contextvars.clear_contextvars()

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Name whoever was looked up anyway; looking up now could fail, and costs."""
        user = getattr(request, "_cached_user", None)
        if user is not None and user.pk is not None:
            structlog.contextvars.bind_contextvars(user_id=user.pk)
