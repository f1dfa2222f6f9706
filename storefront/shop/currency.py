"""The currency a visitor shops in. Open to everyone; a plain form below every page."""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cms.pages import currency as currency_choice
from commerce.cart import operations, queries
from commerce.cart.types import CartData
from commerce.checkout import queries as checkout
from commerce.checkout.types import Basket
from commerce.kernel import currencies

from . import cart_session

COOKIE_AGE = 365 * 24 * 3600


@never_cache
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Show prices in another currency from now on, and let the cart follow."""
    if not currencies.further():
        raise Http404
    wanted = currencies.or_base(request.POST.get("currency"))
    token = cart_session.current(request)
    if token is not None:
        with suppress(operations.CartClosed):
            operations.change_currency(token=token, currency=wanted)
            _tell(request, queries.contents(token=token))
    response = HttpResponseRedirect(_back(request))
    remember(response, wanted)
    return response


def options(request: HttpRequest) -> list[dict[str, object]]:
    """Return what can be chosen in the form below every page; nothing where nothing can."""
    if len(settings.CURRENCIES) < 2:
        return []
    chosen = currency_choice.chosen(request)
    return [{"code": code, "is_chosen": code == chosen} for code in currencies.sold_in()]


def follow(request: HttpRequest, basket: Basket) -> Basket:
    """Let a cart's page speak of the cart's own currency, and of one that is still sold in.

    Whoever gathered the cart elsewhere, signed in, chose it there.
    """
    cart = basket.cart
    if cart.currency == currency_choice.chosen(request):
        return basket
    if cart.currency not in currencies.sold_in():
        operations.change_currency(token=cart.token, currency=settings.BASE_CURRENCY)
        basket = checkout.basket(cart_token=cart.token)
    request.COOKIES[currency_choice.COOKIE] = basket.cart.currency
    return basket


def remember(response: HttpResponse, currency: str) -> None:
    """Keep the choice in this browser for a year; no script needs to read it."""
    response.set_cookie(
        currency_choice.COOKIE,
        currency,
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _tell(request: HttpRequest, cart: CartData) -> None:
    """Name what is in the cart and not sold in its new currency."""
    left = [line.offer.title for line in cart.lines if line.offer.refusal == "no-price"]
    if left:
        named = ", ".join(left[:5]) + (" and more" if len(left) > 5 else "")
        messages.warning(
            request,
            f"Not sold in {cart.currency}: {named}. It stays in your cart and cannot be ordered "
            "until you remove it or choose another currency.",
        )


def _back(request: HttpRequest) -> str:
    """Return the page that the form was on, on this site; else the home page."""
    asked = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe and len(asked) <= 2000 else "/"
