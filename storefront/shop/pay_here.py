"""The page of ours that shows the provider's payment fields, where the settings want it.

The fields are frames of the provider: a card's number reaches neither this page nor
us. Only this page, and only in this mode, may load the provider's script.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from commerce.checkout import operations
from commerce.gateways.payments import GatewayRefused, GatewayUnavailable
from commerce.orders import queries as orders

STRIPE_SCRIPT = "https://js.stripe.com/endive/stripe.js"
STRIPE_FRAMES = ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"]
STRIPE_CALLS = ["https://api.stripe.com"]


@never_cache
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show the fields for an order that waits for its payment; its link is the key."""
    order = orders.order(token=token)
    try:
        session = operations.fields_here(order_token=token) if order else None
    except (GatewayUnavailable, GatewayRefused):
        session = None
    if order is None or session is None or order.state != "pending":
        return redirect("checkout-return", token)
    context = {
        "order": order,
        "secret": session.secret,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "provider_script": script_address(),
    }
    response = render(request, "shop/pay_here.html", context)
    response._csp_update = _policy()  # type: ignore[attr-defined]
    return response


def script_address() -> str:
    """Return the provider's script, or that of whatever stands in for it."""
    stand_in = _stand_in()
    return f"{stand_in}/js/stripe.js" if stand_in else STRIPE_SCRIPT


def _policy() -> dict[str, list[str]]:
    stand_in = _stand_in()
    if stand_in:
        return {"script-src": [stand_in], "connect-src": [stand_in], "frame-src": [stand_in]}
    return {
        "script-src": STRIPE_FRAMES[:2],
        "connect-src": STRIPE_CALLS,
        "frame-src": STRIPE_FRAMES,
    }


def _stand_in() -> str:
    base = urlsplit(settings.STRIPE_API_BASE)
    if not base.netloc or base.hostname == "api.stripe.com":
        return ""
    return f"{base.scheme}://{base.netloc}"
