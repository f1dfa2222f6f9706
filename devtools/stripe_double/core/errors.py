"""Refusals in the provider's error envelope, with the HTTP status the SDK turns into a class."""

from typing import Any


class StripeError(Exception):
    """An answer other than 200. `stored` says whether an idempotency key keeps it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        stored: bool = True,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.stored = stored
        self.fields = {name: value for name, value in fields.items() if value is not None}
        self.kind = kind

    def body(self) -> dict[str, Any]:
        return {"error": {"type": self.kind, "message": self.message, **self.fields}}


def invalid(param: str, message: str, code: str = "parameter_invalid") -> StripeError:
    return StripeError(message, param=param, code=code, stored=False)


def missing_param(param: str) -> StripeError:
    return StripeError(
        f"The parameter {param} is required.", param=param, code="parameter_missing", stored=False
    )


def unknown_param(param: str) -> StripeError:
    return StripeError(
        f"This request does not take a parameter named {param}.",
        param=param,
        code="parameter_unknown",
        stored=False,
    )


def no_such(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> StripeError:
    noun = kind.replace("_", " ")
    return StripeError(
        f"No such {noun}: '{identifier}'", status=status, param=param, code="resource_missing"
    )


def not_in_double(what: str, param: str | None = None) -> StripeError:
    """The real provider knows this and the double does not; silence would mislead."""
    return StripeError(
        f"The Stripe double does not imitate {what}; see devtools/stripe_double/README.md.",
        param=param,
        code="not_in_double",
        stored=False,
    )


def wrong_state(message: str, code: str, **fields: Any) -> StripeError:
    return StripeError(message, code=code, **fields)


def short_of_money(message: str) -> StripeError:
    return StripeError(message, code="balance_insufficient")


def server_error() -> StripeError:
    return StripeError("Something failed on our side.", status=500, kind="api_error")


def too_many_requests() -> StripeError:
    return StripeError(
        "Too many requests in a short time; slow down.",
        status=429,
        code="rate_limit",
        stored=False,
    )
