"""The same again: what of an order can be had today, and putting it into the cart."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cms.pages.currency import chosen
from commerce.checkout import operations, queries
from commerce.orders import queries as orders

from . import cart_session
from .principal import principal_of


@never_cache
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Show the items as they are today to whoever holds the order's link; take them on POST."""
    order = orders.ref(token=token)
    if order is None:
        raise Http404
    if request.method == "POST":
        cart = cart_session.ensure(request)
        lacking = operations.reorder(
            order_token=token, cart_token=cart, principal=principal_of(request)
        )
        if lacking:
            response = redirect(f"{reverse('order-again', args=[token])}?put=1")
        else:
            response = redirect(f"{reverse('cart')}?notice=again")
        cart_session.remember(response, cart)
        return response
    items = queries.items_again(order_token=token, currency=chosen(request))
    context = {
        "order": order,
        "items": items,
        "can_be_had": any(item.offer for item in items),
        "is_put": "put" in request.GET,
    }
    return render(request, "shop/again.html", context)
