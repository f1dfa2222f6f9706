"""A seller's year by month, and the plan it is on."""

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.kernel import clock
from commerce.payouts import operations as billing
from commerce.payouts import queries as payouts
from commerce.payouts.types import AMOUNTS, IncomeYear
from commerce.sellers import operations as sellers
from commerce.sellers import queries as seller_queries

from ..exports import csv_file
from ..policy import Work
from .base import SellerScreen
from .earnings import InOneCurrency


class Income(InOneCurrency, WagtailAdminTemplateMixin, TemplateView):
    """What was sold, given back, paid and received in each month of a year."""

    work = Work.MONEY
    page_title = "Year"
    header_icon = "calendar-alt"
    parent = ("selling:earnings", "Earnings")
    template_name = "admin/selling/income.html"

    @cached_property
    def year(self) -> int:
        this_year: int = clock.now().year
        asked = self.request.GET.get("year", "")
        if not asked:
            return this_year
        if not re.fullmatch(r"20[0-9]{2}", asked) or int(asked) > this_year:
            raise Http404
        return int(asked)

    @cached_property
    def income(self) -> IncomeYear:
        return payouts.income(seller_id=self.seller_id, currency=self.currency, year=self.year)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        totals = self.income.totals
        return {
            **super().get_context_data(**kwargs),
            "income": self.income,
            "currencies": self.currencies,
            "headings": AMOUNTS,
            "rows": [
                (month, [getattr(month, name) for name in AMOUNTS]) for month in self.income.months
            ],
            "totals": [totals[name] for name in AMOUNTS],
            "next_year": self.year + 1 if self.year < clock.now().year else None,
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        address = f"{reverse('selling:income_csv')}?year={self.year}&currency={self.currency}"
        return [HeaderButton("Download CSV", url=address, icon_name="download")]


class IncomeFile(Income):
    """The same year for a spreadsheet."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return csv_file(self.income.rows(), name=f"income-{self.year}-{self.currency}.csv")


class Plan(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Choose a plan, or leave the one there is."""

    work = Work.MONEY
    page_title = "Plan"
    header_icon = "tag"
    parent = ("selling:earnings", "Earnings")
    template_name = "admin/selling/plan.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        code = request.POST.get("plan", "")
        try:
            if code:
                billing.choose_plan(seller_id=self.seller_id, plan_code=code)
                messages.success(request, "You are on the plan from now on.")
            else:
                sellers.unsubscribe(seller_id=self.seller_id)
                messages.success(request, "The plan ends with the month that was paid for.")
        except sellers.NotOffered as refusal:
            messages.error(request, str(refusal))
        return redirect("selling:plan")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rates = seller_queries.commission_rates(seller_ids=[self.seller_id], at=clock.now())
        return {
            **super().get_context_data(**kwargs),
            "plans": seller_queries.plans(),
            "subscription": seller_queries.subscription_of(seller_id=self.seller_id),
            "percent": rates[self.seller_id] / 100,
        }
