"""The ways to pay that a person keeps: one's own only, by the names the provider gave them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from commerce.gateways.payments import GatewayUnavailable
from commerce.payments import operations, queries

from .account import trail
from .cart_session import person


@never_cache
@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """List what one keeps."""
    return _page(request)


@login_required
@require_POST
def change(request: HttpRequest, method_id: int) -> HttpResponse:
    """Remove a way to pay, or make it the first choice."""
    user_id = person(request).pk
    try:
        if "remove" in request.POST:
            operations.remove_method(user_id=user_id, method_id=method_id)
        else:
            operations.make_default(user_id=user_id, method_id=method_id)
    except operations.NotKept:
        raise Http404 from None
    except GatewayUnavailable:
        problem = "Our payment partner did not answer, so it is still there. Please try again."
        return _page(request, problem=problem, status=503)
    return redirect(f"{reverse('account-methods')}?notice=saved")


def _page(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "methods": queries.saved_methods(user_id=person(request).pk),
        "trail": trail(("Ways to pay", "")),
        "problem": problem,
    }
    return render(request, "shop/methods.html", context, status=status)
