"""Differences between orders, ledger and provider: whose they are, how old, and what they were."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timesince import timesince
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.tables import MoneyColumn, TwoLineColumn
from cms.selling.views.base import Listing
from commerce.gateways.payments import GatewayUnavailable
from commerce.kernel.money import Money
from commerce.payments import queries as payments
from commerce.reconciling import operations as reconciling
from commerce.reconciling.models import Break, Run

from ..forms import ReasonForm
from .base import StaffScreen
from .payments import AWAY


class BreakList(StaffScreen, Listing):
    """What is open comes first, the oldest first; above it how payments are doing."""

    right = "review_payments"
    page_title = "Reconciliation"
    header_icon = "warning"
    template_name = "admin/backoffice/breaks.html"
    index_url_name = "backoffice:breaks"
    index_results_url_name = "backoffice:breaks_results"
    is_searchable = True
    search_fields = ["reference", "detail"]
    paginate_by = 25
    verbose_name_plural = "differences"
    when_empty = "No difference was found."
    columns = [
        TitleColumn(
            "kind", label="What", accessor=lambda row: row.get_kind_display().capitalize(),
            get_url=lambda row: reverse("backoffice:break", args=[row.pk]),
        ),
        TwoLineColumn(
            "reference", label="Where", classname="stoa-wide", below=lambda row: row.detail
        ),
        MoneyColumn("amount", accessor=lambda row: Money(row.amount_minor, row.currency)),
        DateColumn("found_at", label="Found", sort_key="found_at"),
        Column("age", label="Age", accessor=lambda row: _age(row)),
        Column("owner", label="Whose", accessor=lambda row: row.owner.email if row.owner else ""),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Break.objects.select_related("owner").order_by("resolved_at", "found_at", "pk")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(*args, **kwargs),
            "run": Run.objects.exclude(finished_at=None).order_by("-pk").first(),
            "rates": payments.rates(days=30),
        }


def _age(row: Break) -> str:
    if row.resolved_at is not None:
        return "explained" if row.resolved_by != reconciling.ITSELF else "gone"
    return timesince(row.found_at, depth=1)


class CompareNow(StaffScreen, View):
    """Compare at once, beside every night."""

    right = "review_payments"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            run = reconciling.reconcile()
        except GatewayUnavailable:
            messages.error(request, AWAY)
        else:
            messages.success(
                request,
                f"{run.movements} movements compared, {run.healed} settled, "
                f"{run.breaks} differences.",
            )
        return redirect("backoffice:breaks")


class BreakDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One difference: take it, or say what it was."""

    right = "review_payments"
    header_icon = "warning"
    parent = ("backoffice:breaks", "Reconciliation")
    template_name = "admin/backoffice/break.html"
    form: ReasonForm

    @cached_property
    def found(self) -> Break:
        found = Break.objects.select_related("owner").filter(pk=self.kwargs["break_id"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return f"Difference: {self.found.reference}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ReasonForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user_id = cast("int", request.user.pk)
        self.form = ReasonForm(request.POST)
        try:
            if "take" in request.POST:
                reconciling.take(break_id=self.found.pk, user_id=user_id)
                return redirect("backoffice:break", self.found.pk)
            if self.form.is_valid():
                note = self.form.cleaned_data["reason"]
                reconciling.explain(break_id=self.found.pk, note=note, user_id=user_id)
                messages.success(request, "The difference is explained.")
                return redirect("backoffice:breaks")
        except reconciling.Explained:
            self.form.add_error(None, "It was explained meanwhile, or has gone.")
        return self.render_to_response(self.get_context_data(), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.found
        return {
            **super().get_context_data(**kwargs),
            "found": found,
            "amount": Money(found.amount_minor, found.currency),
            "age": _age(found),
            "form": self.form,
        }
