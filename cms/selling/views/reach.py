"""Zones, the calendar parcels leave by, and stores where orders are picked up."""

from typing import Any

from django import forms
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

from commerce.accounts.operations import InvalidAddress
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.models import Dispatch, PickUpPoint, Zone
from commerce.inventory import queries as inventory
from commerce.inventory.types import LocationData
from commerce.sellers import queries as sellers

from .. import queries
from ..dispatch_forms import DispatchForm, PickUpForm, filled_plan
from ..policy import Work
from ..shipping_forms import ZoneForm, filled_zone
from .base import Listing, SellerScreen

_SHOWN_PLACES = 6


def _places(zone: Zone) -> str:
    more = len(zone.places) - _SHOWN_PLACES
    return ", ".join(zone.places[:_SHOWN_PLACES]) + (f" and {more} more" if more > 0 else "")


class ZoneList(SellerScreen, Listing):
    """Own zones by name."""

    work = Work.MONEY
    page_title = "Zones"
    header_icon = "site"
    parent = ("selling:shipping", "Shipping")
    index_url_name = "selling:zones"
    paginate_by = 50
    verbose_name_plural = "zones"
    when_empty = "You have no zones. A way to ship without a zone reaches everywhere."
    columns = [
        TitleColumn(
            "name", label="Name", get_url=lambda row: reverse("selling:zone", args=[row.pk])
        ),
        Column("places", label="Places", accessor=_places),
    ]

    def get_base_queryset(self) -> Any:
        return queries.own_zones(seller_id=self.seller_id)

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("New zone", url=reverse("selling:zone_new"), icon_name="plus")]


class _FormScreen(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """A form that saves and leads back, or says what is wrong and keeps what was typed."""

    work = Work.MONEY
    template_name = "admin/selling/reach.html"
    saved = "Saved. Orders keep what was agreed when they were placed."
    leads_to = "selling:shipping"
    form: forms.Form

    def make_form(self, data: Any = None) -> forms.Form:
        raise NotImplementedError

    def save(self) -> bool:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = self.make_form()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = self.make_form(request.POST)
        if self.form.is_valid() and self.save():
            messages.success(request, self.saved)
            return redirect(self.leads_to)
        return self.render_to_response(self.get_context_data(), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}


class NewZone(_FormScreen):
    """Name a set of places."""

    page_title = "New zone"
    header_icon = "site"
    parent = ("selling:zones", "Zones")
    leads_to = "selling:zones"
    form: ZoneForm

    def make_form(self, data: Any = None) -> ZoneForm:
        return ZoneForm(data, initial=self.initial_values())

    def initial_values(self) -> dict[str, Any]:
        return {}

    def zone_id(self) -> int | None:
        return None

    def save(self) -> bool:
        try:
            fulfillment.save_zone(
                seller_id=self.seller_id, zone_id=self.zone_id(), **self.form.as_zone()
            )
        except fulfillment.NameTaken as refusal:
            self.form.add_error("name", str(refusal))
        except fulfillment.InvalidPlace as refusal:
            self.form.add_error("places", str(refusal))
        return not self.form.errors


class EditZone(NewZone):
    """Change a zone; ways to ship follow it at once."""

    @cached_property
    def zone(self) -> Zone:
        zone = queries.own_zones(seller_id=self.seller_id).filter(pk=self.kwargs["zone_id"]).first()
        if zone is None:
            raise Http404
        return zone

    def get_page_title(self) -> str:
        return self.zone.name

    def initial_values(self) -> dict[str, Any]:
        return filled_zone(zone=self.zone)

    def zone_id(self) -> int | None:
        return self.zone.pk

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "zone": self.zone}


class DeleteZone(SellerScreen, View):
    """Forget a zone that nothing is sent to."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, zone_id: int) -> HttpResponse:
        try:
            fulfillment.delete_zone(seller_id=self.seller_id, zone_id=zone_id)
        except fulfillment.NotFound:
            raise Http404 from None
        except fulfillment.ZoneInUse as refusal:
            messages.error(request, str(refusal))
            return redirect("selling:zone", zone_id)
        messages.success(request, "The zone is gone.")
        return redirect("selling:zones")


class DispatchScreen(_FormScreen):
    """When and from where parcels leave."""

    page_title = "Handling"
    header_icon = "time"
    parent = ("selling:shipping", "Shipping")
    template_name = "admin/selling/dispatch.html"
    saved = "Saved. New orders are promised by it."
    form: DispatchForm

    def make_form(self, data: Any = None) -> DispatchForm:
        plan = Dispatch.objects.filter(seller_id=self.seller_id).first()
        country = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id].country
        return DispatchForm(data, initial=filled_plan(plan=plan, country=country))

    def save(self) -> bool:
        try:
            fulfillment.set_dispatch(seller_id=self.seller_id, plan=self.form.as_plan())
        except fulfillment.InvalidPlan as refusal:
            self.form.add_error(refusal.field, str(refusal))
        except InvalidAddress as invalid:
            self.form.blame(invalid.errors)
        return not self.form.errors


class PickUpList(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Own locations, and which of them are stores."""

    work = Work.MONEY
    page_title = "Pick-up"
    header_icon = "home"
    parent = ("selling:shipping", "Shipping")
    template_name = "admin/selling/pick_up.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        places = inventory.locations_of(seller_id=self.seller_id)
        points = PickUpPoint.objects.filter(location_id__in=[place.id for place in places])
        known = {point.location_id: point for point in points}
        return {
            **super().get_context_data(**kwargs),
            "places": [(place, known.get(place.id)) for place in places],
        }


class EditPickUp(_FormScreen):
    """Where and when a location's goods are fetched."""

    header_icon = "home"
    parent = ("selling:pick_up", "Pick-up")
    template_name = "admin/selling/dispatch.html"
    leads_to = "selling:pick_up"
    form: PickUpForm

    @cached_property
    def place(self) -> LocationData:
        for place in inventory.locations_of(seller_id=self.seller_id):
            if place.id == self.kwargs["location_id"]:
                return place
        raise Http404

    def get_page_title(self) -> str:
        return self.place.name

    def make_form(self, data: Any = None) -> PickUpForm:
        point = PickUpPoint.objects.filter(location_id=self.place.id).first()
        known = {**point.address, "opening_hours": point.opening_hours} if point else {}
        return PickUpForm(data, initial={"country": self.place.country, **known})

    def save(self) -> bool:
        try:
            fulfillment.set_pick_up_point(
                seller_id=self.seller_id,
                location_id=self.place.id,
                address=self.form.address(),
                opening_hours=self.form.cleaned_data["opening_hours"],
            )
        except InvalidAddress as invalid:
            self.form.blame(invalid.errors)
        return not self.form.errors
