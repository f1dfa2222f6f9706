"""A seller's price lists: sales with a beginning and an end, groups, prices by quantity."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.kernel import currencies
from commerce.pricing import operations as pricing
from commerce.pricing.models import PriceList

from ..policy import Work
from ..price_list_forms import CurrencyPricesForm, PriceListForm, filled, written_prices
from ..tables import CountColumn, StateColumn
from .base import Listing, SellerScreen


def _stage(price_list: PriceList) -> str:
    now = timezone.now()
    if not price_list.is_active or (price_list.ends_at and price_list.ends_at <= now):
        return "ended"
    return "scheduled" if price_list.starts_at and price_list.starts_at > now else "on"


class PriceLists(SellerScreen, Listing):
    """Own lists, newest first."""

    work = Work.MONEY
    page_title = "Price lists"
    header_icon = "tag"
    index_url_name = "selling:price_lists"
    paginate_by = 50
    verbose_name_plural = "price lists"
    when_empty = "You have no price lists. Everything costs what stands under Stock and prices."
    columns = [
        TitleColumn(
            "name", label="List", get_url=lambda row: reverse("selling:price_list", args=[row.pk])
        ),
        Column("group", label="For", accessor=lambda row: row.group or "everybody"),
        Column("currency", label="Currency"),
        CountColumn("amounts", label="Prices"),
        DateColumn("starts_at", label="From"),
        DateColumn("ends_at", label="Until"),
        StateColumn("stage", label="State", accessor=_stage),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        own = PriceList.objects.filter(seller_id=self.seller_id).select_related("group")
        return own.annotate(amounts=Count("prices")).order_by("-pk")

    def get_header_buttons(self) -> list[HeaderButton]:
        url = reverse("selling:price_list_new")
        return [
            HeaderButton("New price list", url=url, icon_name="plus"),
            *(
                HeaderButton(
                    f"Prices in {each}", url=reverse("selling:currency_prices", args=[each])
                )
                for each in currencies.further()
            ),
        ]


class EditPriceList(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """One list, new or known."""

    work = Work.MONEY
    header_icon = "tag"
    parent = ("selling:price_lists", "Price lists")
    template_name = "admin/selling/price_list.html"
    form: PriceListForm

    @cached_property
    def price_list(self) -> PriceList | None:
        number = self.kwargs.get("list_id")
        if number is None:
            return None
        found = PriceList.objects.filter(pk=number, seller_id=self.seller_id).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return self.price_list.name if self.price_list else "New price list"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = filled(price_list=self.price_list) if self.price_list else {}
        self.form = PriceListForm(initial=initial, seller_id=self.seller_id)
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = self.price_list
        self.form = PriceListForm(request.POST, seller_id=self.seller_id)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        try:
            pricing.save_price_list(
                price_list=self.form.as_list(), list_id=known.pk if known else None
            )
        except pricing.InvalidPriceList as invalid:
            self.form.blame(invalid.errors)
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, "Saved. Carts follow; orders keep what was agreed.")
        return redirect("selling:price_lists")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = self.price_list
        is_on = known is not None and _stage(known) != "ended"
        shown = {"form": self.form, "price_list": known, "is_on": is_on}
        return {**super().get_context_data(**kwargs), **shown}


class CurrencyPrices(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """What a seller's products cost in a currency beside the base currency."""

    work = Work.MONEY
    header_icon = "tag"
    parent = ("selling:price_lists", "Price lists")
    template_name = "admin/selling/currency_prices.html"
    form: CurrencyPricesForm

    @cached_property
    def currency(self) -> str:
        asked: str = self.kwargs["currency"]
        if asked not in currencies.further():
            raise Http404
        return asked

    def get_page_title(self) -> str:
        return f"Prices in {self.currency}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = written_prices(seller_id=self.seller_id, currency=self.currency)
        self.form = CurrencyPricesForm(
            initial={"prices": now}, seller_id=self.seller_id, currency=self.currency
        )
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = CurrencyPricesForm(
            request.POST, seller_id=self.seller_id, currency=self.currency
        )
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        wanted = self.form.cleaned_data["prices"]
        try:
            pricing.replace_prices(seller_id=self.seller_id, currency=self.currency, prices=wanted)
        except pricing.InvalidPrice as invalid:
            self.form.add_error("prices", invalid.reason)
            return self.render_to_response(self.get_context_data(), status=422)
        count = f"{len(wanted)} SKU{'' if len(wanted) == 1 else 's'}"
        messages.success(request, f"Saved. {count} sold in {self.currency}.")
        return redirect("selling:price_lists")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"form": self.form, "currency": self.currency}
        return {**super().get_context_data(**kwargs), **shown}


class EndPriceList(SellerScreen, View):
    """Let a list count no longer."""

    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, list_id: int) -> HttpResponse:
        try:
            pricing.end_price_list(list_id=list_id, seller_id=self.seller_id)
        except pricing.NoSuchPriceList:
            raise Http404 from None
        messages.success(request, "It counts no longer.")
        return redirect("selling:price_lists")
