"""Errors as RFC 9457 describes them: what is wrong, where, and what to do."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from commerce.kernel.sql import is_crowded


class Problem(Exception):
    """An answer that ends a request; `detail` is a sentence that says what to do."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        self.status, self.title, self.detail, self.more = status, title, detail, more
        super().__init__(detail)


def problem(status: int, title: str, detail: str, **more: Any) -> JsonResponse:
    """Return a problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    answer = JsonResponse(body, status=status, content_type="application/problem+json")
    if status in (429, 503):
        answer["Retry-After"] = "60" if status == 429 else "2"
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="stoa"'
    return answer


def teach(api: NinjaAPI) -> None:
    """Let an API answer every error as a problem document."""

    @api.exception_handler(Problem)
    def _known(request: HttpRequest, error: Problem) -> JsonResponse:
        return problem(error.status, error.title, error.detail, **error.more)

    @api.exception_handler(AuthenticationError)
    def _stranger(request: HttpRequest, error: AuthenticationError) -> JsonResponse:
        return problem(
            401,
            "No valid key",
            "Send a key of your shop as “Authorization: Bearer stoa_…”. Keys are made in the"
            " workspace under Stock, Connections.",
        )

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> JsonResponse:
        errors = [
            {
                "where": "/".join(
                    str(step) for step in each["loc"] if step not in ("body", "batch")
                ),
                "what": str(each["msg"]),
            }
            for each in error.errors[:100]
        ]
        return problem(
            422,
            "The request cannot be read",
            "Nothing was changed. Correct what is listed and send it again.",
            errors=errors,
        )

    @api.exception_handler(HttpError)
    def _other(request: HttpRequest, error: HttpError) -> JsonResponse:
        return problem(error.status_code, "The request cannot be read", str(error))

    from django.db import OperationalError

    @api.exception_handler(OperationalError)
    def _busy(request: HttpRequest, error: OperationalError) -> JsonResponse:
        if not is_crowded(error):
            raise error
        return problem(
            503, "Busy", "Others write the same stock this instant. Send the same request again."
        )
