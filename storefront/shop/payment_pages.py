"""Forms that end on the payment provider's page: the policy must let them lead there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

STRIPE_PAGES = "https://checkout.stripe.com"
View = Callable[..., HttpResponse]


def may_lead_to_payment(view: View) -> View:
    """Allow the forms of this view's pages to be redirected to the payment page."""

    @wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response._csp_update = {"form-action": [payment_page_origin()]}  # type: ignore[attr-defined]
        return response

    return allowed


def payment_page_origin() -> str:
    """Return where the provider shows its pages: Stripe, or whatever stands in for it."""
    base = urlsplit(settings.STRIPE_API_BASE)
    if not base.netloc or base.hostname == "api.stripe.com":
        return STRIPE_PAGES
    return f"{base.scheme}://{base.netloc}"
