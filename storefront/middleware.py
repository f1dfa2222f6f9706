"""Thin layers around every request: where it came from, what it carries, who acts."""

import ipaddress
from collections.abc import Callable
from contextlib import suppress

import structlog
from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.utils.cache import patch_vary_headers

from commerce.kernel import actor

from . import errors

Handler = Callable[[HttpRequest], HttpResponse]

# Wagtail's admin needs inline script and style in a few places; shop pages do not.
ADMIN_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:{pictures}; font-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)


class ProxyMiddleware:
    """Take the visitor's address from our own proxies, never from the visitor."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.proxies: int = settings.TRUSTED_PROXY_COUNT

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.proxies:
            said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            address = said[-self.proxies].strip() if len(said) >= self.proxies else ""
            # Not by way of the proxies: what the connection says stays.
            with suppress(ValueError):
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(address))
        return self.get_response(request)


class SecurityHeadersMiddleware:
    """Headers that Django does not set by itself."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        pictures = "".join(f" {origin}" for origin in settings.MEDIA_ORIGINS)
        self.admin_policy = ADMIN_POLICY.format(pictures=pictures)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"
        )
        if request.path.startswith("/admin/"):
            # A preview is a shop page, with the shop's policy; the editor shows it in a frame.
            policy = response.headers.get("Content-Security-Policy", self.admin_policy)
            response.headers["Content-Security-Policy"] = policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self'"
            )
            response.headers["Cache-Control"] = "no-store"
        return response


class PolicyMiddleware(CSPMiddleware):
    """The library's, with what it puts together for every page put together once.

    A page with a nonce or rules of its own beyond where its forms lead is the library's to write.
    """

    def __init__(self, get_response: Handler) -> None:
        super().__init__(get_response)
        self._written: dict[tuple[tuple[str, tuple[str, ...]], ...], str] = {}
        self._is_usual = not settings.DEBUG and not hasattr(
            settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY"
        )
        self._excluded = tuple(settings.CONTENT_SECURITY_POLICY["EXCLUDE_URL_PREFIXES"])

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        own = {name for name in vars(response) if name.startswith("_csp")}
        if (
            not self._is_usual
            or own - {"_csp_update"}
            or hasattr(request, "_csp_nonce")
            or HEADER in response
            or request.path_info.startswith(self._excluded)
        ):
            return super().process_response(request, response)
        update: dict[str, list[str]] = getattr(response, "_csp_update", {})
        key = tuple((directive, tuple(said)) for directive, said in update.items())
        if key not in self._written:
            self._written[key] = build_policy(update=update)
        response.headers[HEADER] = self._written[key]
        # As the library does: a nonce that is asked for from now on would not be in the header.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


class MaintenanceMiddleware:
    """While MAINTENANCE is on or the database away, nobody gets further than a page saying so."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.MAINTENANCE:
            return errors.maintenance(request, retry_after=300)
        if errors.database_rests():
            return errors.maintenance(request, retry_after=30)
        return self.get_response(request)


class CurrencyMiddleware:
    """Say that pages differ by cookie, where the marketplace sells in several currencies.

    Caches between us and visitors would hand one currency's prices to another's shoppers.
    """

    def __init__(self, get_response: Handler) -> None:
        if len(settings.CURRENCIES) < 2:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(("/admin/", "/api/")):
            patch_vary_headers(response, ["Cookie"])
        return response


class InputMiddleware:
    """Refuse what no form of ours sends: bodies beyond measure, and null characters.

    PostgreSQL keeps no null character in text, so that one in an address, a
    cookie or a field would break wherever it is looked up.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.BODY_MAX_BYTES:
            return errors.bad_request(request, RequestDataTooBig())
        if _holds_null(request):
            return errors.bad_request(request)
        return self.get_response(request)


def _holds_null(request: HttpRequest) -> bool:
    if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        return True
    if any("\0" in value for value in request.COOKIES.values()):
        return True
    if request.method != "POST":
        return False
    try:
        return any(
            "\0" in text for name, values in request.POST.lists() for text in (name, *values)
        )
    except UnreadablePostError:
        return False  # nobody waits for the answer any more


class ActorMiddleware:
    """Tell events, movements and logs who acts. Anonymous requests never touch the session."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = "shopper"
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            name = f"user:{request.user.pk}"
            structlog.contextvars.bind_contextvars(user_id=request.user.pk)
        with actor.acting_as(name):
            return self.get_response(request)
