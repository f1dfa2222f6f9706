"""Checkout in three steps, open to everyone who has a cart.

The cart's button posts to the start, which holds what is in the cart. Each form
posts to the step that comes next, which saves it and shows itself: three pages and
three requests, with or without JavaScript. A page that is loaded again repeats
nothing that matters; placing is idempotent by cart.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commerce.accounts import operations as accounts
from commerce.accounts import queries as address_book
from commerce.accounts.types import AddressData
from commerce.checkout import operations, queries
from commerce.checkout.types import Review
from commerce.fulfillment import operations as fulfillment
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.pricing import operations as pricing
from storefront import errors, limits

from . import address_choice, cart_session, instead
from . import cart as cart_pages
from .checkout_forms import ContactForm, chosen_methods, shown_prices
from .chosen_variant import MOST_DIGITS
from .payment_pages import may_lead_to_payment
from .principal import principal_of
from .tracking import names_of, reservation_of

SLOW = {"us_bank_account", "sepa_debit", "customer_balance", "bacs_debit", "acss_debit"}
"""Ways to pay that take days, as the provider calls them."""


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Hold what is in the cart and lead to the first step; by a link, lead there alone.

    What is short is told on the cart's page, before anything is typed.
    """
    token = cart_session.current(request)
    if token is None:
        return redirect("cart")
    if request.method == "POST":
        try:
            limits.count(request, limits.STARTING, who=f"cart:{token}")
            operations.begin(cart_token=token, principal=principal_of(request))
        except limits.TooOften as refusal:
            page = cart_pages.page(request, error=str(refusal), status=429)
            return limits.answer(page, refusal)
        except operations.CheckoutRefused as refusal:
            return cart_pages.page(request, error=str(refusal), status=409)
    return redirect("checkout-address")


@never_cache
@require_GET
def address(request: HttpRequest) -> HttpResponse:
    """Step one: who buys and where it goes; `address` names one of the shopper's own."""
    review = reviewed(request)
    if review is None:
        return redirect("cart")
    return _address_page(request, review, ContactForm(initial=_known(request, review)))


@never_cache
@require_http_methods(["GET", "POST"])
def shipping(request: HttpRequest) -> HttpResponse:
    """Step two: how each seller sends it. Takes the address form."""
    review: Review | None
    token = cart_session.named(request)
    if token is None:
        return redirect("cart")
    if request.method == "POST":
        form = ContactForm(request.POST)
        if not form.is_valid():
            return _address_page(request, _require(request), form, status=422)
        try:  # carriers and the tax engine may be asked about each, and they count it
            limits.count(request, limits.ADDRESSES, who=f"cart:{token}")
            choice = address_choice.chosen(request.POST, form.address())
            review = operations.set_contact(
                cart_token=token,
                email=form.cleaned_data["email"],
                address=choice.address,
                vat_id=form.cleaned_data["vat_id"],
                insists=choice.insists,
                principal=principal_of(request),
            )
        except limits.TooOften as refusal:
            form.add_error(None, str(refusal))
            page = _address_page(request, _require(request), form, status=429)
            return limits.answer(page, refusal)
        except accounts.InvalidAddress as invalid:
            form.blame(invalid.errors)
            return _address_page(request, _require(request), form, status=422)
        except fulfillment.AddressDoubted as doubted:
            doubt = address_choice.doubt(doubted)
            return _address_page(request, _require(request), form, status=422, doubt=doubt)
        except pricing.InvalidVatId as invalid:
            form.add_error("vat_id", str(invalid))
            return _address_page(request, _require(request), form, status=422)
        except operations.CartUnavailable:
            return redirect("cart")
        except operations.CheckoutRefused as short:
            form.add_error(None, str(short))
            return _address_page(request, _require(request), form, status=409)
        notice = _save_to_book(request, form, review)
    else:
        review, notice = _freshened(request), ""
    if review is None or not review.cart.lines:
        return redirect("cart")
    if review.needs_address:
        return redirect("checkout-address")
    status = 200 if review.can_ship else 422
    return _shipping_page(request, review, notice=notice, status=status)


@never_cache
@may_lead_to_payment
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """Step three: everything on one page before the money moves. Takes the shipping form."""
    contents: Review | None
    changes: list[str] = []
    token = cart_session.named(request)
    if token is None:
        return redirect("cart")
    if request.method == "POST":
        try:
            contents = operations.set_methods(
                cart_token=token,
                methods=chosen_methods(request.POST),
                principal=principal_of(request),
            )
            changes = operations.changed_shipping(
                seen=shown_prices(request.POST, contents.cart.currency), review=contents
            )
        except operations.MethodNotOffered as refusal:
            return _shipping_page(request, _require(request), error=str(refusal), status=422)
        except operations.CartUnavailable:
            return redirect("cart")
        except operations.CheckoutRefused as short:
            return _shipping_page(request, _require(request), error=str(short), status=409)
    else:
        contents = _freshened(request)
    if contents is None:
        return redirect("cart")
    if contents.needs_address:
        return redirect("checkout-address")
    if contents.needs_methods:
        return redirect("checkout-shipping")
    return review_page(request, contents, changes=changes)


@may_lead_to_payment
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Place the order and lead to the payment page."""
    token = cart_session.named(request)
    if token is None:
        return redirect("cart")
    try:
        limits.count(request, limits.PAYING, who=f"cart:{token}")
    except limits.TooOften as refusal:
        return _too_often(request, refusal)
    try:
        placed = operations.place(
            cart_token=token,
            user_id=cart_session.signed_in_user_id(request),
            expected_total=_expected(request, "expected_total"),
            expected_due=_expected(request, "expected_due")
            if "expected_due" in request.POST
            else None,
            return_url=f"{settings.SITE_URL}{reverse('checkout-return', args=['ORDER'])}",
            cancel_url=f"{settings.SITE_URL}{reverse('checkout-cancel', args=['ORDER'])}",
            principal=principal_of(request),
            keep_method="keep_method" in request.POST,
            pay_url=f"{settings.SITE_URL}{reverse('checkout-here', args=['ORDER'])}",
        )
    except operations.CheckoutRefused as refusal:
        contents = reviewed(request)
        if contents is None or contents.needs_address:
            return redirect("checkout-address" if contents else "cart")
        if contents.needs_methods:
            return _shipping_page(request, contents, error=str(refusal), status=409)
        return review_page(request, contents, error=str(refusal), status=409)
    failpoint("before_response")
    return redirect(placed.payment_url or reverse("checkout-return", args=[placed.order_token]))


@never_cache
@may_lead_to_payment
@require_GET
def returned(request: HttpRequest, token: str) -> HttpResponse:
    """Back from the payment page: confirmed, being confirmed, or to be tried again."""
    try:
        operations.finalise(order_token=token)
        failpoint("before_response")
    except operations.NoSuchOrder:
        raise Http404 from None
    order = orders.order(token=token)
    if order is None:
        raise Http404
    context = {
        "order": order,
        "status": order.state,
        "sellers": names_of(order),
        "reserved": reservation_of(order),
        "standing": None if order.state == "confirmed" else queries.standing(order_token=token),
    }
    return render(request, "shop/confirmation.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def canceled(request: HttpRequest, token: str) -> HttpResponse:
    """The shopper turned back on the payment page: the cart is as it was."""
    try:
        outcome = operations.abandon(order_token=token)
    except operations.NoSuchOrder:
        raise Http404 from None
    if outcome != "canceled":
        return redirect("checkout-return", token)
    response = redirect(f"{reverse('cart')}?notice=canceled")
    cart_token = queries.cart_of_order(order_token=token)
    if cart_token and cart_session.signed_in_user_id(request) is None:
        cart_session.remember(response, cart_token)
    return response


@require_POST
def retry(request: HttpRequest, token: str) -> HttpResponse:
    """Pay an order that waits for its payment; the link of the order is the key."""
    try:
        limits.count(request, limits.PAYING, who=f"order:{token[:40]}")
    except limits.TooOften as refusal:
        page = errors.too_often(request, sentence=str(refusal), back=("checkout-return", token))
        return limits.answer(page, refusal)
    try:
        placed = operations.retry_payment(order_token=token)
    except operations.NoSuchOrder:
        raise Http404 from None
    except operations.CheckoutRefused:
        return redirect("checkout-return", token)
    return redirect(placed.payment_url or reverse("checkout-return", args=[token]))


@require_GET
def fields(request: HttpRequest) -> HttpResponse:
    """The inputs of an address as another country asks for them."""
    form = ContactForm(initial={"country": request.GET.get("country", "US")})
    context = {"form": form, "rules": form.rules()}
    return render(request, "shop/address_fields.html", context)


def reviewed(request: HttpRequest) -> Review | None:
    """Return what the shopper's cart comes to; None without a cart that holds anything."""
    token = cart_session.current(request)
    return _filled(token) if token else None


def _freshened(request: HttpRequest) -> Review | None:
    """The same, with prices of carriers that are not old."""
    token = cart_session.current(request)
    if not token:
        return None
    contents = operations.freshen(cart_token=token)
    return contents if contents.cart.lines else None


def _filled(token: str) -> Review | None:
    contents = queries.review(cart_token=token)
    return contents if contents.cart.lines else None


def _require(request: HttpRequest) -> Review:
    contents = reviewed(request)
    if contents is None:
        raise Http404
    return contents


def _known(request: HttpRequest, review: Review) -> dict[str, object]:
    """Return what we know of the buyer: chosen now, typed before, else the default address."""
    user_id = cart_session.signed_in_user_id(request)
    book = address_book.addresses_of(user_id=user_id) if user_id else []
    chosen = next((a for a in book if str(a.id) == request.GET.get("address")), None)
    if review.address is not None:
        known = (chosen or review.address).as_dict()
        return {"email": review.email, "vat_id": review.vat_id, **known}
    if user_id is None:
        return {"country": "US"}
    first = chosen or next((a for a in book if a.is_default_shipping), book[0] if book else None)
    known = first.as_dict() if first else {"country": "US"}
    return {"email": cart_session.person(request).email, **known}


def _address_page(
    request: HttpRequest,
    review: Review,
    form: ContactForm,
    *,
    status: int = 200,
    doubt: address_choice.Doubt | None = None,
) -> HttpResponse:
    user_id = cart_session.signed_in_user_id(request)
    context = {
        "review": review,
        "form": form,
        "step": 1,
        "provider_is_away": queries.provider_seems_away(),
        "instead": instead.of_cart(review.cart),
        "rules": form.rules(),
        "book": address_book.addresses_of(user_id=user_id) if user_id else [],
        "doubt": doubt,
    }
    return render(request, "shop/checkout_address.html", context, status=status)


def _shipping_page(
    request: HttpRequest, review: Review, *, error: str = "", notice: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "review": review,
        "step": 2,
        "instead": instead.of_cart(review.cart),
        "error": error,
        "notice": notice,
    }
    return render(request, "shop/checkout_shipping.html", context, status=status)


def review_page(
    request: HttpRequest,
    contents: Review,
    *,
    error: str = "",
    status: int = 200,
    **more: object,
) -> HttpResponse:
    """Show the last step; `more` goes into its template."""
    slow_days = settings.PAYMENT_PERIOD_DAYS if SLOW & set(settings.PAYMENT_METHODS) else 0
    context = {"review": contents, "step": 3, "error": error, "slow_days": slow_days, **more}
    context["instead"] = instead.of_cart(contents.cart)
    context["on_shipping"] = settings.PAYMENT_ON_SHIPPING and not contents.credit
    return render(request, "shop/checkout_review.html", context, status=status)


def _too_often(request: HttpRequest, refusal: limits.TooOften) -> HttpResponse:
    contents = reviewed(request)
    if contents is None or contents.needs_address or contents.needs_methods:
        return redirect("checkout-address" if contents else "cart")
    page = review_page(request, contents, error=str(refusal), status=429)
    return limits.answer(page, refusal)


def _save_to_book(request: HttpRequest, form: ContactForm, review: Review) -> str:
    """Keep the address where that was asked for; returns why it was not kept, if so."""
    user_id = cart_session.signed_in_user_id(request)
    address = review.address
    if user_id is None or address is None or not form.cleaned_data["save_address"]:
        return ""
    if any(
        AddressData.from_dict(known.as_dict()) == address
        for known in address_book.addresses_of(user_id=user_id)
    ):
        return ""
    try:
        accounts.save_address(
            user_id=user_id, address=address, is_verified=review.verification == "deliverable"
        )
    except accounts.AddressBookFull as full:
        return f"This order goes to the address you gave, but it was not kept. {full}"
    return ""


def _expected(request: HttpRequest, name: str) -> Money:
    text = request.POST.get(name, "")
    minor = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1
    return Money(minor, request.POST.get("currency", settings.BASE_CURRENCY)[:3])
