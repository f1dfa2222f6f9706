"""`/p/<id>/delivery/`: what sending a product costs, when it arrives and how long it may go back.

Open to all. The product's own page is the same for everybody and kept for hours; dates
are not, so they have a page of their own.
"""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cms.pages.currency import chosen
from commerce.accounts.queries import countries_by_name
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import Parcel
from commerce.offers import queries as offers
from commerce.offers.types import Offer
from commerce.returns import queries as returns


class PlaceForm(forms.Form):
    country = forms.ChoiceField(
        error_messages={"invalid_choice": "Choose a country from the list."}
    )
    postal_code = forms.CharField(max_length=20, required=False, label="Postal code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = countries_by_name()  # type: ignore[attr-defined]


@never_cache
@require_GET
def show(request: HttpRequest, product_id: int) -> HttpResponse:
    """Answer for one piece; the checkout knows weight and address exactly."""
    sold = offers.of_product(product_id=product_id, currency=chosen(request))
    offer = next((each for each in sold if each.refusal is None), None)
    if offer is None:
        raise Http404
    form = PlaceForm(request.GET or {"country": offer.seller_country or "US"})
    context: dict[str, Any] = {
        "offer": offer,
        "form": form,
        "window": returns.window_of(product_id=product_id, seller_id=offer.seller_id),
    }
    if form.is_valid():
        parcel = _parcel(offer, **form.cleaned_data)
        options = fulfillment.shipping_options(parcels=[parcel], currency=offer.price.currency)
        context["options"] = options[offer.seller_id]
        if not context["options"]:
            reasons = fulfillment.why_not(parcels=[parcel], currency=offer.price.currency)
            context["refusal"] = reasons[offer.seller_id]
    return render(request, "shop/delivery.html", context, status=200 if form.is_valid() else 422)


def _parcel(offer: Offer, *, country: str, postal_code: str) -> Parcel:
    return Parcel(
        seller_id=offer.seller_id,
        country=country,
        postal_code=postal_code,
        weight_grams=offer.weight_grams,
        goods_minor=offer.price.minor,
        quantities={offer.variant_id: 1},
        not_before=offer.arrives_on(1),
    )
