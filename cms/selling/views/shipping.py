"""How a seller sends parcels, where to and for how much."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as fulfillment_queries
from commerce.fulfillment.models import ShippingMethod
from commerce.kernel.money import Money

from .. import queries
from ..policy import Work
from ..shipping_forms import ShippingForm, filled
from ..tables import MoneyColumn, StateColumn
from .base import Listing, SellerScreen

HOW = {"table": "Own prices", "live": "Carrier's prices", "pickup": "Pick-up"}


def _reach(method: ShippingMethod) -> str:
    if method.zone:
        return method.zone.name
    return "Own country" if method.kind == "pickup" else "Everywhere"


def own_prices_hold(method: Mapping[str, Any]) -> str:
    """Say that carriers name no price in the currency of a way that asks them; "" when they do."""
    if method["kind"] != "live":
        return ""
    currency = method["currency"]
    named = fulfillment_queries.carrier_currencies() or {settings.BASE_CURRENCY}
    if currency in named:
        return ""
    return (
        f"Carriers name us prices in {', '.join(sorted(named))}, and nothing is converted. Whoever "
        f"shops in {currency} pays your own prices of this way."
    )


class ShippingList(SellerScreen, Listing):
    """Own ways to send, those in use first."""

    work = Work.MONEY
    page_title = "Shipping"
    header_icon = "truck"
    index_url_name = "selling:shipping"
    paginate_by = 50
    verbose_name_plural = "ways to ship"
    when_empty = "You have no way to ship yet. Nobody can buy anything until there is one."
    columns = [
        TitleColumn(
            "name", label="Name",
            get_url=lambda row: reverse("selling:shipping_edit", args=[row.pk]),
        ),
        Column("kind", label="How", accessor=lambda row: HOW.get(row.kind, row.kind)),
        Column("carrier", label="Carrier"),
        Column("reach", label="Where to", accessor=_reach),
        Column("days", label="Days", accessor=lambda row: f"{row.min_days} to {row.max_days}"),
        MoneyColumn(
            "base", label="Price", accessor=lambda row: Money(row.base_minor, row.currency)
        ),
        StateColumn(
            "state", label="State", accessor=lambda row: "offered" if row.is_active else "withdrawn"
        ),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return queries.own_shipping_methods(seller_id=self.seller_id)

    def get_header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton("New way", url=reverse("selling:shipping_new"), icon_name="plus"),
            HeaderButton("Zones", url=reverse("selling:zones"), icon_name="site"),
            HeaderButton("Handling", url=reverse("selling:dispatch"), icon_name="time"),
            HeaderButton("Pick-up", url=reverse("selling:pick_up"), icon_name="home"),
        ]


class NewShipping(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """A way to send, with its price."""

    work = Work.MONEY
    page_title = "New way to ship"
    header_icon = "truck"
    parent = ("selling:shipping", "Shipping")
    template_name = "admin/selling/shipping.html"
    form: ShippingForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ShippingForm(initial=self.initial_values(), seller_id=self.seller_id)
        return self.render_to_response(self.get_context_data())

    def initial_values(self) -> dict[str, Any]:
        return {"min_days": 3, "max_days": 5, "max_kilograms": 30}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ShippingForm(request.POST, seller_id=self.seller_id)
        if self.form.is_valid() and self._save():
            messages.success(request, "Saved. Orders keep what was agreed when they were placed.")
            if notice := own_prices_hold(self.form.as_method()):
                messages.warning(request, notice)
            return redirect("selling:shipping")
        return self.render_to_response(self.get_context_data(), status=422)

    def _save(self) -> bool:
        method = self.form.as_method()
        try:
            if self.method_id() is None and self._is_taken(method["name"]):
                raise fulfillment.NameTaken(method["name"])
            fulfillment.set_shipping_method(
                seller_id=self.seller_id, method_id=self.method_id(), **method
            )
        except fulfillment.NameTaken as refusal:
            self.form.add_error("name", str(refusal))
        except fulfillment.UnknownCarrier as refusal:
            self.form.add_error("carrier_code", str(refusal))
        except fulfillment.InvalidMethod as refusal:
            self.form.add_error(refusal.field, str(refusal))
        except fulfillment.NotFound:
            self.form.add_error(None, "A zone or location has gone. Choose again.")
        return not self.form.errors

    def _is_taken(self, name: str) -> bool:
        """A name stands for one way to send; saving under it would change another."""
        return queries.own_shipping_methods(seller_id=self.seller_id).filter(name=name).exists()

    def method_id(self) -> int | None:
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}


class EditShipping(NewShipping):
    """Change a way to send."""

    @cached_property
    def method(self) -> ShippingMethod:
        own = queries.own_shipping_methods(seller_id=self.seller_id)
        method = own.filter(pk=self.kwargs["method_id"]).first()
        if method is None:
            raise Http404
        return method

    def get_page_title(self) -> str:
        return self.method.name

    def initial_values(self) -> dict[str, Any]:
        return filled(method=self.method)

    def method_id(self) -> int | None:
        return self.method.pk

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        method = self.method
        said = own_prices_hold({"kind": method.kind, "currency": method.currency})
        return {**super().get_context_data(**kwargs), "method": method, "own_prices_hold": said}


class WithdrawShipping(SellerScreen, View):
    """Offer a way to send no longer."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, method_id: int) -> HttpResponse:
        try:
            fulfillment.withdraw_shipping_method(seller_id=self.seller_id, method_id=method_id)
        except fulfillment.NotFound:
            raise Http404 from None
        messages.success(request, "It is offered no longer.")
        return redirect("selling:shipping")
