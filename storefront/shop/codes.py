"""Promotion codes, in the cart and in the checkout. Open to everyone who has a cart; how
often wrong codes are tried is limited, so that nobody finds one by trying."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from commerce.checkout import operations
from storefront import limits

from . import cart, cart_session
from .checkout import review_page, reviewed
from .payment_pages import may_lead_to_payment


@never_cache
@may_lead_to_payment
@require_POST
def use(request: HttpRequest) -> HttpResponse:
    """Take a code or give one up; leads back to where the form was."""
    token = cart_session.current(request)
    if token is None:
        return redirect("cart")
    try:
        if "remove" in request.POST:
            operations.remove_code(cart_token=token, code=request.POST["remove"][:80])
            return _back(request, "code-removed")
        return _try(request, token)
    except operations.CartUnavailable:
        return redirect("cart")


def _try(request: HttpRequest, token: str) -> HttpResponse:
    code = request.POST.get("promotion", "").replace("\0", "")[:80]
    try:
        limits.check(request, limits.CODES, who=f"cart:{token}")
        operations.enter_code(cart_token=token, code=code)
    except limits.TooOften as often:
        return limits.answer(_again(request, code, str(often), status=429), often)
    except operations.CodeRefused as refusal:
        _count_wrong(request, token)
        return _again(request, code, str(refusal), status=422)
    return _back(request, "code")


def _count_wrong(request: HttpRequest, token: str) -> None:
    """Only codes that were refused count; the one over the limit is told at the next try."""
    with suppress(limits.TooOften):
        limits.count(request, limits.CODES, who=f"cart:{token}")


def _back(request: HttpRequest, notice: str) -> HttpResponse:
    if request.POST.get("at") == "checkout":
        return redirect("checkout-review")
    return redirect(f"{reverse('cart')}?notice={notice}")


def _again(request: HttpRequest, code: str, problem: str, *, status: int) -> HttpResponse:
    """Show the same page with what was typed and why it was refused."""
    context: dict[str, Any] = {"promotion": code, "promotion_error": problem}
    if request.POST.get("at") == "checkout":
        contents = reviewed(request)
        if contents is not None and not contents.needs_address and not contents.needs_methods:
            return review_page(request, contents, status=status, **context)
    return cart.page(request, status=status, **context)
