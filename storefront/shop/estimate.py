"""Tax and shipping before there is an address: estimated for a country and a postal code.

Open to everyone who has a cart. A plain form; nothing is agreed on what it shows.
"""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commerce.accounts import operations as accounts
from commerce.checkout import operations
from storefront import limits

from . import cart, cart_session


class PlaceForm(forms.Form):
    """What rates of tax and ways of shipping depend on."""

    country = forms.CharField(max_length=2, required=False)
    postal_code = forms.CharField(max_length=20, required=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def estimate(request: HttpRequest) -> HttpResponse:
    """Keep the place with the cart and show what it would come to there.

    A page with errors stands at this address: who calls it up again is back at the cart.
    """
    if request.method != "POST":
        return redirect("cart")
    token = cart_session.current(request)
    if token is None:
        return redirect("cart")
    form = PlaceForm(request.POST)
    if not form.is_valid():
        return _again(request, {field: str(told[0]) for field, told in form.errors.items()})
    try:  # an outside tax engine may be asked about each, and counts it
        limits.count(request, limits.ADDRESSES, who=f"cart:{token}")
        operations.estimate_for(
            cart_token=token,
            country=form.cleaned_data["country"],
            postal_code=form.cleaned_data["postal_code"],
        )
    except limits.TooOften as refusal:
        return limits.answer(_again(request, {"country": str(refusal)}, status=429), refusal)
    except accounts.InvalidAddress as invalid:
        return _again(request, invalid.errors)
    except operations.CartUnavailable:
        return redirect("cart")
    return redirect(f"{reverse('cart')}?notice=estimated")


def _again(request: HttpRequest, errors: dict[str, str], *, status: int = 422) -> HttpResponse:
    typed = {name: request.POST.get(name, "")[:40] for name in PlaceForm.base_fields}
    said = next(iter(errors.values()), "")  # above, too: the form is far down on a phone
    return cart.page(
        request, error=said, status=status, estimate_typed=typed, estimate_errors=errors
    )
