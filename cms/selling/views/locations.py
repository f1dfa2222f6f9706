"""Where a seller keeps stock, and from where orders leave first."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.accounts.queries import country_name
from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels
from commerce.inventory.models import Location
from commerce.inventory.types import CountPlan

from .. import queries, shelf
from ..policy import Work
from ..sku_forms import LocationForm
from ..tables import CountColumn
from .base import SellerScreen


def _day(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"


def _counted(place: Any) -> str:
    return "Never" if place.counted is None else _day(place.counted)


def _planned(place: Any, plan: CountPlan | None) -> str:
    if plan is None:
        return "Once it holds SKUs" if place.count_every else "Not on a schedule"
    if plan.is_overdue:
        return f"{plan.days_late} days overdue"
    return "Due now" if plan.is_due else _day(plan.due_at)


class LocationList(SellerScreen, BaseListingView):
    """Own locations in the order in which orders draw from them."""

    work = Work.CONTENT
    page_title = "Locations"
    header_icon = "boxes"
    parent = ("selling:stock", "Stock and prices")
    index_url_name = "selling:locations"
    paginate_by = 50
    verbose_name_plural = "locations"
    columns = [
        TitleColumn(
            "name", label="Name",
            get_url=lambda row: reverse("selling:location", args=[row.pk]),
        ),
        CountColumn("priority", label="Priority"),
        Column(
            "country", label="Country", accessor=lambda row: country_name(country=row.country)
        ),
        CountColumn("skus", label="SKUs"),
        CountColumn("units", label="Units on hand", accessor=lambda row: row.units or 0),
        Column("counted", label="Last counted", accessor=_counted),
        Column("next", label="Next count", accessor=lambda row: row.next_count),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        shelf.home_location(seller_id=self.seller_id)
        return queries.own_locations(seller_id=self.seller_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        plans = {plan.location_id: plan for plan in levels.count_plans(seller_ids=[self.seller_id])}
        for place in context["object_list"]:
            place.next_count = _planned(place, plans.get(place.pk))
        return context

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("New", url=reverse("selling:location_new"), icon_name="plus")]


class NewLocation(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """A place with its turn."""

    work = Work.CONTENT
    page_title = "New location"
    header_icon = "boxes"
    parent = ("selling:locations", "Locations")
    template_name = "admin/selling/plain_form.html"
    form: LocationForm
    location_id: int | None = None

    def initial_values(self) -> dict[str, Any]:
        first = queries.own_locations(seller_id=self.seller_id).first()
        return {
            "priority": 100,
            "country": first.country if first else "",
            "count_every": inventory.SUGGESTED_DAYS,
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = LocationForm(initial=self.initial_values())
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = LocationForm(request.POST)
        if self.form.is_valid() and self._save():
            messages.success(request, "Saved. It holds for the next orders.")
            return redirect("selling:locations")
        return self.render_to_response(self.get_context_data(), status=422)

    def _save(self) -> bool:
        given = dict(self.form.cleaned_data)
        schedule = {"every": given.pop("count_every"), "at_once": given.pop("count_at_once")}
        try:
            with transaction.atomic():
                saved = inventory.save_location(
                    seller_id=self.seller_id, location_id=self.location_id, **given
                )
                inventory.schedule_counts(seller_id=self.seller_id, location_id=saved, **schedule)
        except inventory.LocationNameTaken:
            self.form.add_error("name", "You have a location of this name already.")
            return False
        return True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}


class EditLocation(NewLocation):
    """Rename a place or give it another turn."""

    @cached_property
    def location(self) -> Location:
        found = queries.own_locations(seller_id=self.seller_id)
        location = found.filter(pk=self.kwargs["location_id"]).first()
        if location is None:
            raise Http404
        return location

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.location_id = self.location.pk

    def get_page_title(self) -> str:
        return self.location.name

    def initial_values(self) -> dict[str, Any]:
        row = self.location
        return {name: getattr(row, name) for name in LocationForm.base_fields}
