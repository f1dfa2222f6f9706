"""One's own orders: found by words, narrowed by state and day, ten at a time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from commerce.orders import queries as orders
from commerce.orders.types import SHOPPER_STATES

from .account import trail
from .cart_session import person

STATES = {
    "waiting": "Waiting for payment",
    "preparing": "Being prepared",
    "shipped": "On its way",
    "delivered": "Delivered",
    "canceled": "Canceled",
    "returned": "Returned",
}


class OrderFilter(forms.Form):
    """What to look for; what makes no sense is said and left out."""

    q = forms.CharField(
        label="Number, product or name",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), *((key, STATES[key]) for key in SHOPPER_STATES)],
    )
    since = forms.DateField(
        label="Placed from", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="Placed until", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "Choose a day that is not before the first.")
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the query."""
        said = self.cleaned_data
        until = said.get("until")
        return {
            "text": said.get("q", ""),
            "status": said.get("state", ""),
            "since": _midnight(said.get("since")),
            "until": _midnight(until + timedelta(days=1)) if until and until < date.max else None,
        }


@never_cache
@login_required
@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """List one's orders, newest first."""
    form = OrderFilter(request.GET)
    form.is_valid()
    number = request.GET.get("page", "")
    page = orders.page_of_user(
        user_id=person(request).pk,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
        **form.wanted(),
    )
    narrowed = [(key, value) for key, value in request.GET.items() if key != "page" and value]

    def address(number: int) -> str:
        return f"?{urlencode([*narrowed, ('page', number)])}"

    context = {
        "orders": page.orders,
        "found": page,
        "form": form,
        "is_narrowed": bool(narrowed),
        "previous": address(page.page - 1) if page.page > 1 else "",
        "next": address(page.page + 1) if page.page < page.pages else "",
        "trail": trail(("Orders", "")),
    }
    return render(request, "shop/orders.html", context, status=422 if form.errors else 200)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=UTC) if day else None
