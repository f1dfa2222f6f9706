"""The cart: works with plain forms; htmx replaces parts of the page. Open to everyone."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from cms.pages.currency import chosen
from commerce.cart import operations, queries
from commerce.cart.types import CartData
from commerce.checkout import queries as checkout
from commerce.checkout.types import Basket

from . import cart_session, currency, instead
from .chosen_variant import ChoiceIncomplete, NotMade, read_variant
from .principal import principal_of
from .quantities import BadQuantity, read_quantity


@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show the lines, what is wrong with them, and the way to the checkout."""
    return page(request)


@never_cache
@require_GET
def summary(request: HttpRequest) -> JsonResponse:
    """What the header shows of this visitor: pages themselves hold nothing personal."""
    token = cart_session.current(request)
    signed_in = cart_session.signed_in_user_id(request) is not None
    return JsonResponse(
        {
            "count": queries.count(token=token) if token else 0,
            "name": cart_session.person(request).get_short_name() if signed_in else "",
        }
    )


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a variant into the cart; a limit is applied and explained."""
    token = cart_session.ensure(request)
    notice, error, status = "", "", 200
    contents = None
    try:
        quantity = read_quantity(request.POST.get("quantity", "1"))
        variant_id = read_variant(request.POST)
        contents = operations.add(
            token=token,
            variant_id=variant_id,
            quantity=quantity,
            principal=principal_of(request),
        )
        notice = "Added to your cart."
    except (BadQuantity, ChoiceIncomplete, NotMade) as refusal:
        error, status = str(refusal), 422
    except operations.NotForSale as refusal:
        error, status = refusal.message, 422
    except operations.QuantityLimited as limit:
        notice = limit.message
    if contents is None:
        contents = queries.contents(token=token)
    if request.headers.get("HX-Request"):
        context = {"cart": contents, "notice": notice, "error": error}
        response = _told(render(request, "shop/cart_added.html", context), contents)
    elif error:
        response = page(request, checkout.basket(cart_token=token), error=error, status=status)
    else:
        response = _after_change(notice)
    cart_session.remember(response, token)
    return response


@require_POST
def change(request: HttpRequest, line_id: int) -> HttpResponse:
    """Set the quantity of a line; zero removes it."""
    token = cart_session.current(request)
    if token is None:
        return redirect("cart")
    notice, error = "", ""
    try:
        if "remove" in request.POST:
            operations.remove(token=token, line_id=line_id)
            notice = "Removed from your cart."
        else:
            quantity = read_quantity(request.POST.get("quantity", ""), least=0)
            operations.set_quantity(
                token=token,
                line_id=line_id,
                quantity=quantity,
                principal=principal_of(request),
            )
            notice = "Cart updated."
    except BadQuantity as refusal:
        error = str(refusal)
    except operations.NotForSale as refusal:
        error = refusal.message
    except operations.QuantityLimited as limit:
        notice = limit.message
    except operations.LineGone:
        error = "That line is no longer in your cart."
    if not error and not request.headers.get("HX-Request"):
        return _after_change(notice)
    basket = checkout.basket(cart_token=token)
    if request.headers.get("HX-Request"):
        context = {
            "basket": basket,
            "cart": basket.cart,
            "instead": instead.of_cart(basket.cart),
            "notice": notice,
            "error": error,
        }
        return _told(render(request, "shop/cart_body.html", context), basket.cart)
    return page(request, basket, error=error, status=422)


def page(
    request: HttpRequest,
    basket: Basket | None = None,
    *,
    error: str = "",
    status: int = 200,
    **more: object,
) -> HttpResponse:
    """Show the cart; `more` goes into its template."""
    token = cart_session.current(request)
    if basket is None and token:
        basket = checkout.basket(cart_token=token)
    shown_in = chosen(request)
    if basket is not None:
        basket = currency.follow(request, basket)
    context = {
        "basket": basket,
        "cart": basket.cart if basket else None,
        "instead": instead.of_cart(basket.cart if basket else None),
        "notice": NOTICES.get(request.GET.get("notice", ""), ""),
        "error": error,
        **more,
    }
    response = render(request, "shop/cart.html", context, status=status)
    if basket is not None and basket.cart.currency != shown_in:
        currency.remember(response, basket.cart.currency)
    return response


NOTICES = {
    "added": "Added to your cart.",
    "limited": "We put in as many as are available.",
    "updated": "Cart updated.",
    "removed": "Removed from your cart.",
    "again": "What you had ordered is in your cart.",
    "code": "Your code is in.",
    "code-removed": "The code is removed.",
    "estimated": "Tax and shipping are estimated below.",
    "canceled": "Nothing was charged. Your cart is as you left it.",
    "payment": "The payment did not go through. Nothing was charged and your cart is kept.",
}


def _after_change(notice: str) -> HttpResponseRedirect:
    known = {text: key for key, text in NOTICES.items()}
    key = known.get(notice, "limited")
    response: HttpResponseRedirect = redirect("cart")
    response["Location"] += f"?notice={key}"
    return response


def _told(response: HttpResponse, contents: CartData | None) -> HttpResponse:
    """Let the header's number follow what a part of the page changed."""
    count = contents.count if contents else 0
    return trigger_client_event(response, "cart:changed", {"count": count})
