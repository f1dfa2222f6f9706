"""Applications to sell: read, approve with a commission, or reject with a reason."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from cms.selling import operations as selling
from cms.selling.tables import StateColumn
from commerce.accounts.queries import country_name
from commerce.sellers import operations as sellers
from commerce.sellers.models import Application

from ..forms import ApplicationFilter, RateForm, ReasonForm
from .base import StaffScreen


class ApplicationList(StaffScreen, BaseListingView):
    """Those that wait first, then the newest."""

    right = "decide_applications"
    page_title = "Applications to sell"
    header_icon = "clipboard-list"
    index_url_name = "backoffice:applications"
    index_results_url_name = "backoffice:applications_results"
    filterset_class = ApplicationFilter
    is_searchable = True
    search_fields = ["shop_name", "legal_name", "email"]
    paginate_by = 25
    verbose_name_plural = "applications"
    columns = [
        TitleColumn(
            "shop_name", label="Shop",
            get_url=lambda row: reverse("backoffice:application", args=[row.pk]),
        ),
        Column("legal_name", label="Registered name"),
        Column("country", label="Country", accessor=lambda row: country_name(country=row.country)),
        DateColumn("submitted_at", label="Submitted", sort_key="submitted_at"),
        StateColumn("state", label="State", sort_key="state"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Application.objects.order_by("-state", "-submitted_at")


class Decision(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One application and what to make of it. It is decided once."""

    right = "decide_applications"
    reveals = "application.viewed"
    header_icon = "clipboard-list"
    parent = ("backoffice:applications", "Applications to sell")
    template_name = "admin/backoffice/application.html"
    rate: RateForm
    reason: ReasonForm

    @cached_property
    def application(self) -> Application:
        rows = Application.objects.select_related("user", "decided_by", "seller")
        application = rows.filter(pk=self.kwargs["application_id"]).first()
        if application is None:
            raise Http404
        return application

    def get_page_title(self) -> str:
        return self.application.shop_name

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.rate, self.reason = RateForm(), ReasonForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        approving = "approve" in request.POST
        self.rate = RateForm(request.POST if approving else None)
        self.reason = ReasonForm(None if approving else request.POST)
        form = self.rate if approving else self.reason
        try:
            if form.is_valid():
                self._approve() if approving else self._reject()
                return redirect("backoffice:applications")
        except sellers.AlreadyDecided as refusal:
            messages.error(request, str(refusal))
            return redirect("backoffice:application", self.application.pk)
        except (sellers.NameTaken, sellers.AlreadySelling) as refusal:
            form.add_error(None, str(refusal))
        return self.render_to_response(self.get_context_data(), status=422)

    def _approve(self) -> None:
        seller_id = sellers.approve(
            application_id=self.application.pk,
            decided_by=cast("int", self.request.user.pk),
            rate_bps=self.rate.rate_bps,
        )
        selling.open_workspace(seller_id=seller_id)
        messages.success(self.request, f"{self.application.shop_name} can sell now.")

    def _reject(self) -> None:
        sellers.reject(
            application_id=self.application.pk,
            decided_by=cast("int", self.request.user.pk),
            reason=self.reason.cleaned_data["reason"],
        )
        messages.success(self.request, "The applicant will be told why.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "application": self.application,
            "country": country_name(country=self.application.country),
            "rate": self.rate,
            "reason": self.reason,
        }
