"""`/gift-cards/`: buying one, open to everybody; its own page by its unguessable link.

The code of a card is on none of these pages: it is in the mail to whoever gets it.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commerce.giftcards import operations, queries
from commerce.giftcards.types import Buyer, PurchaseData
from storefront import errors, limits

from . import cart_session
from .gift_card_forms import GiftCardForm
from .payment_pages import may_lead_to_payment
from .principal import principal_of


@never_cache
@may_lead_to_payment
@require_http_methods(["GET", "POST"])
def buy(request: HttpRequest) -> HttpResponse:
    """Ask what to give to whom, and lead to the payment page."""
    offered = queries.offered()
    if request.method == "GET":
        return _form(request, GiftCardForm(offered=offered, initial=_known(request)), status=200)
    form = GiftCardForm(request.POST, offered=offered)
    if not form.is_valid():
        return _form(request, form)
    try:
        limits.count(request, limits.GIFTS, who=principal_of(request))
    except limits.TooOften as refusal:
        form.add_error(None, str(refusal))
        return limits.answer(_form(request, form, status=429), refusal)
    user_id = cart_session.signed_in_user_id(request)
    try:
        begun = operations.buy(
            wish=form.wish(),
            key=form.cleaned_data["key"],
            buyer=Buyer(user_id=user_id, principal=principal_of(request)),
            back_url=f"{settings.SITE_URL}{reverse('gift-card', args=['GIFT'])}",
            cancel_url=f"{settings.SITE_URL}{reverse('gift-card-cancel', args=['GIFT'])}",
        )
    except operations.WordsRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _form(request, form)
    except operations.GiftRefused as refusal:
        form.add_error(None, str(refusal))
        return _form(request, form)
    return redirect(begun.payment_url or reverse("gift-card", args=[begun.token]))


def _known(request: HttpRequest) -> dict[str, str]:
    if cart_session.signed_in_user_id(request) is None:
        return {}
    person = cart_session.person(request)
    return {"sender_name": person.get_full_name(), "sender_email": person.email}


def _form(request: HttpRequest, form: GiftCardForm, *, status: int = 422) -> HttpResponse:
    context = {"form": form, "days": settings.GIFT_CARD_WITHDRAW_DAYS}
    return render(request, "shop/gift_cards.html", context, status=status)


@never_cache
@may_lead_to_payment
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Where a purchase stands, for whoever has its link: its buyer."""
    return _page(request, _settled(token))


@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Pay a purchase that waits for it."""
    try:
        limits.count(request, limits.PAYING, who=f"gift:{token[:40]}")
    except limits.TooOften as refusal:
        page = errors.too_often(request, sentence=str(refusal), back=("gift-card", token))
        return limits.answer(page, refusal)
    try:
        begun = operations.retry_payment(token=token)
    except operations.NoSuchPurchase:
        raise Http404 from None
    except operations.GiftRefused:
        return redirect("gift-card", token)
    return redirect(begun.payment_url or reverse("gift-card", args=[token]))


@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """The buyer turned back on the payment page."""
    try:
        operations.abandon(token=token)
    except operations.NoSuchPurchase:
        raise Http404 from None
    return redirect("gift-card", token)


@never_cache
@require_POST
def give_back(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw from the purchase: what is left goes back to where it came from."""
    try:
        operations.refund(token=token, reason="given back by the buyer")
    except operations.NoSuchPurchase:
        raise Http404 from None
    except operations.NotRefundable as refusal:
        return _page(request, _settled(token), problem=str(refusal), status=409)
    return redirect("gift-card", token)


@never_cache
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, report_token: str) -> HttpResponse:
    """Whoever got a card by mail tells us that it was not meant kindly. Open to who has the mail.

    Opening the page reports nothing: mail programs open links by themselves.
    """
    purchase = queries.by_report_key(key=report_token)
    if purchase is None:
        raise Http404
    if request.method == "POST":
        operations.report(key=report_token)
        return redirect("gift-card-report", report_token)
    context = {"purchase": purchase, "sender": queries.harmless(purchase.sender_name, is_name=True)}
    return render(request, "shop/gift_card_report.html", context)


def _settled(token: str) -> PurchaseData:
    try:
        operations.finalise(token=token)
    except operations.NoSuchPurchase:
        raise Http404 from None
    purchase = queries.purchase(token=token)
    if purchase is None:
        raise Http404
    return purchase


def _page(
    request: HttpRequest, purchase: PurchaseData, *, problem: str = "", status: int = 200
) -> HttpResponse:
    standing = queries.standing(purchase=purchase)
    context = {"purchase": purchase, "standing": standing, "problem": problem}
    return render(request, "shop/gift_card.html", context, status=status)
