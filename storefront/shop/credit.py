"""Paying with gift cards and store credit at the last step of the checkout.

Open to everyone who has a cart; how often codes are tried is limited, so that
nobody finds one by trying.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from commerce.checkout import operations
from commerce.credits import queries as credits
from storefront import limits

from . import cart_session
from .account import trail
from .checkout import review_page, reviewed
from .chosen_variant import MOST_DIGITS
from .payment_pages import may_lead_to_payment


@never_cache
@may_lead_to_payment
@require_POST
def use(request: HttpRequest) -> HttpResponse:
    """Take a gift card, or give it up, or use one's store credit, or not."""
    token = cart_session.named(request)
    if token is None:
        return redirect("cart")
    try:
        if "remove" in request.POST:
            number = _number(request.POST["remove"])
            operations.remove_gift_card(cart_token=token, credit_id=number)
        elif "store_credit" in request.POST:
            chosen = request.POST["store_credit"] == "use"
            operations.use_store_credit(cart_token=token, use=chosen)
        else:
            return _try(request, token)
    except operations.DetailsMissing:
        return redirect("checkout-address")
    except operations.CheckoutRefused:
        return redirect("cart")
    return redirect("checkout-review")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _try(request: HttpRequest, token: str) -> HttpResponse:
    """Try a code; only those that open nothing are counted."""
    code = request.POST.get("code", "")[:40]
    who = f"cart:{token}"
    try:
        limits.check(request, limits.CODES, who=who)
    except limits.TooOften as refusal:
        page = _again(request, code, str(refusal), status=429)
        return limits.answer(page, refusal)
    try:
        operations.add_gift_card(cart_token=token, code=code)
    except operations.GiftCardRefused as refusal:
        limits.note(request, limits.CODES, who=who)
        return _again(request, code, str(refusal), status=422)
    return redirect("checkout-review")


def _again(request: HttpRequest, code: str, problem: str, *, status: int) -> HttpResponse:
    contents = reviewed(request)
    if contents is None or contents.needs_address or contents.needs_methods:
        return redirect("checkout")
    context = {"code": code, "code_error": problem}
    return review_page(request, contents, status=status, **context)


@never_cache
@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own store credit and until when it can be used."""
    context = {
        "credits": credits.of_user(user_id=cart_session.person(request).pk),
        "trail": trail(("Store credit", "")),
    }
    return render(request, "shop/store_credit.html", context)
