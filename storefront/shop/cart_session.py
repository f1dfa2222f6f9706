"""Which cart a request means: the person's own, else the one its cookie names."""

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from cms.pages.currency import chosen
from commerce.cart import operations, queries

if TYPE_CHECKING:
    from commerce.accounts.models import User

COOKIE = "cart"
COOKIE_AGE = 30 * 24 * 3600


def signed_in_user_id(request: HttpRequest) -> int | None:
    """Return who is signed in without opening a session for strangers."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    return request.user.pk if request.user.is_authenticated else None


def current(request: HttpRequest) -> str | None:
    """Return the token of the request's open cart, if there is one; looked up once."""
    known: dict[str, str | None] = request.__dict__.setdefault("_cart", {})
    if "token" not in known:
        known["token"] = _find(request)
    return known["token"]


def named(request: HttpRequest) -> str | None:
    """Return the cart that a form is about, which may have become an order meanwhile.

    The cookie outlives the session: after somebody signed out it still names their
    cart, and with it their address, to whoever uses the browser next.
    """
    user_id = signed_in_user_id(request)
    if user_id is not None and (own := current(request)):
        return own
    token = request.COOKIES.get(COOKIE, "")
    return queries.named(token=token, user_id=user_id) if token else None


def _find(request: HttpRequest) -> str | None:
    user_id = signed_in_user_id(request)
    token = request.COOKIES.get(COOKIE, "")
    if not token and user_id is None:
        return None
    return queries.find(token=token, user_id=user_id)


def person(request: HttpRequest) -> "User":
    """Return who is signed in, where a view has made sure that somebody is."""
    return cast("User", request.user)


def ensure(request: HttpRequest) -> str:
    """Return the token of the request's cart and open one when there is none.

    It is in the currency that the visitor sees, whatever it was in elsewhere.
    """
    currency = chosen(request)
    token = current(request) or operations.open_cart(
        user_id=signed_in_user_id(request), currency=currency
    )
    if len(settings.CURRENCIES) > 1:
        operations.change_currency(token=token, currency=currency)
    return token


def remember(response: HttpResponse, token: str) -> None:
    """Keep the cart for thirty days from now in this browser."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
