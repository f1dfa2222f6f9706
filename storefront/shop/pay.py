"""A prepared order, looked at and paid by whoever holds its link."""

from contextlib import suppress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from commerce.checkout import operations as checkout
from commerce.drafts import operations, queries
from commerce.kernel.money import Money
from storefront import errors, limits

from .cart_session import COOKIE_AGE, signed_in_user_id
from .payment_pages import may_lead_to_payment
from .principal import principal_of

ORDERED = "ordered"


@never_cache
@may_lead_to_payment
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was prepared and what it comes to today; paying it is one button.

    The order's own link goes to the browser that ordered and by mail, to nobody else, and
    the payment page does not name it either: who prepared the order may come to know this
    link, and must not act as its shopper.
    """
    draft = queries.draft(token=token)
    if draft is None:
        raise Http404
    if draft.order_token and draft.order_token == _ordered_here(request, token):
        return redirect("checkout-return", draft.order_token)
    if request.method == "POST" and draft.state == "offered":
        return _pay(request, token, draft.currency)
    return _page(request, token)


def _page(request: HttpRequest, token: str, *, error: str = "", status: int = 200) -> HttpResponse:
    draft = queries.draft(token=token)
    if draft is None:
        raise Http404
    own = not queries.may_pay(token=token, user_id=signed_in_user_id(request))
    context = {"draft": draft, "error": operations.THEIRS if own else error, "own": own}
    if draft.state == "offered" and not own:
        # Not "review": that is the visitor's own cart, which the head of every page counts.
        context["prepared"] = operations.review(token=token)
    elif draft.state not in ("paid", "offered") and not error:
        status = 410
    return render(request, "shop/pay.html", context, status=status)


def _pay(request: HttpRequest, token: str, currency: str) -> HttpResponse:
    try:
        limits.count(request, limits.PAYING, who=f"draft:{token[:40]}")
    except limits.TooOften as refusal:
        page = errors.too_often(request, sentence=str(refusal), back=("pay", token))
        return limits.answer(page, refusal)
    total = request.POST.get("expected_total", "")
    minor = int(total) if total.isascii() and total.isdigit() and len(total) < 16 else -1
    try:
        placed = operations.pay(
            token=token,
            expected_total=Money(minor, currency),
            return_url=f"{settings.SITE_URL}{reverse('checkout-return', args=['ORDER'])}",
            cancel_url=f"{settings.SITE_URL}{reverse('pay-back', args=[token])}",
            user_id=signed_in_user_id(request),
            principal=principal_of(request),
        )
    except (operations.DraftRefused, checkout.CheckoutRefused) as refusal:
        return _page(request, token, error=str(refusal), status=409)
    answer = redirect(placed.payment_url or reverse("checkout-return", args=[placed.order_token]))
    answer.set_signed_cookie(
        ORDERED,
        placed.order_token,
        salt=_salt(token),
        max_age=COOKIE_AGE,
        path=reverse("pay", args=[token]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _ordered_here(request: HttpRequest, token: str) -> str:
    """Return which order this browser placed by a link; "" for none."""
    return request.get_signed_cookie(ORDERED, "", salt=_salt(token)) or ""


def _salt(token: str) -> str:
    return f"storefront.shop.pay {token}"


@never_cache
@require_GET
def back(request: HttpRequest, token: str) -> HttpResponse:
    """The shopper turned back on the payment page: the prepared order is as it was.

    Only in the browser that ordered; anybody else is shown the prepared order as ever.
    """
    draft = queries.draft(token=token)
    if draft is None:
        raise Http404
    if draft.order_token and draft.order_token == _ordered_here(request, token):
        with suppress(checkout.NoSuchOrder):
            checkout.abandon(order_token=draft.order_token)
    return redirect("pay", token)
