"""A signed-in person's own pages: profile, addresses, orders. Each shows only one's own."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commerce.accounts import operations, queries
from commerce.orders import queries as orders
from commerce.sellers import queries as sellers
from storefront.fresh import asks_for_the_password_again

from .account_forms import AddressForm, ProfileForm
from .cart_session import person


def trail(*steps: tuple[str, str]) -> list[dict[str, str]]:
    """Return breadcrumb items below the account page."""
    items = [{"label": "Your account", "url": reverse("account")}]
    return items + [{"label": label, "url": url} for label, url in steps]


@never_cache
@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show what there is: the latest orders and the ways to everything else."""
    context = {
        "orders": orders.orders_of_user(user_id=person(request).pk, limit=3),
        "membership": sellers.seller_of(user_id=person(request).pk),
    }
    return render(request, "shop/account.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's name."""
    form = ProfileForm(
        request.POST or None,
        initial={"first_name": person(request).first_name, "last_name": person(request).last_name},
    )
    if request.method == "POST" and form.is_valid():
        operations.rename(user_id=person(request).pk, **form.cleaned_data)
        return redirect(f"{reverse('account')}?notice=saved")
    context = {"form": form, "trail": trail(("Profile", ""))}
    return render(request, "shop/profile.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_GET
def addresses(request: HttpRequest) -> HttpResponse:
    """List the address book."""
    context = {
        "book": queries.addresses_of(user_id=person(request).pk),
        "trail": trail(("Addresses", "")),
    }
    return render(request, "shop/addresses.html", context)


def _has_addresses(request: HttpRequest) -> bool:
    return bool(queries.addresses_of(user_id=person(request).pk))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
@asks_for_the_password_again(when=_has_addresses)
def address(request: HttpRequest, address_id: int | None = None) -> HttpResponse:
    """Add an address or change one of one's own."""
    book = {entry.id: entry for entry in queries.addresses_of(user_id=person(request).pk)}
    if address_id is not None and address_id not in book:
        raise Http404
    known = book[address_id] if address_id is not None else None
    initial: dict[str, object] = {"country": "US"}
    if known is not None:
        initial = {
            **known.as_dict(),
            "make_default_shipping": known.is_default_shipping,
            "make_default_billing": known.is_default_billing,
        }
    form = AddressForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_address(
                user_id=person(request).pk,
                address=form.address(),
                address_id=address_id,
                make_default_shipping=form.cleaned_data["make_default_shipping"],
                make_default_billing=form.cleaned_data["make_default_billing"],
            )
            return redirect("account-addresses")
        except operations.InvalidAddress as invalid:
            form.blame(invalid.errors)
        except operations.AddressBookFull as full:
            form.add_error(None, str(full))
    context = {
        "form": form,
        "known": known,
        "rules": form.rules(),
        "trail": trail(("Addresses", reverse("account-addresses")), ("Address", "")),
    }
    return render(request, "shop/address.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@asks_for_the_password_again(when=_has_addresses)
def delete_address(request: HttpRequest, address_id: int) -> HttpResponse:
    """Take an address out of one's own book."""
    try:
        operations.delete_address(user_id=person(request).pk, address_id=address_id)
    except operations.AddressNotFound:
        raise Http404 from None
    return redirect("account-addresses")


@never_cache
@login_required
@require_GET
def order(request: HttpRequest, number: str) -> HttpResponse:
    """Show one of one's own orders; anybody else's does not exist."""
    found = orders.order_of_user(user_id=person(request).pk, number=number)
    if found is None:
        raise Http404
    return redirect("order-tracking", found.token)
