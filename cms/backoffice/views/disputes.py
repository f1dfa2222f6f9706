"""Payments that a shopper's bank questions: answer in time, or give up."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.tables import MoneyColumn, StateColumn
from cms.selling.views.base import Listing
from commerce.gateways.payments import GatewayRefused, GatewayUnavailable
from commerce.kernel.money import Money
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Dispute

from ..forms import EvidenceForm
from .base import StaffScreen
from .payments import AWAY


class DisputeList(StaffScreen, Listing):
    """Those that want an answer soonest come first."""

    right = "review_payments"
    page_title = "Disputes"
    header_icon = "warning"
    index_url_name = "backoffice:disputes"
    index_results_url_name = "backoffice:disputes_results"
    is_searchable = True
    search_fields = ["provider_dispute", "payment__provider_charge", "reason"]
    paginate_by = 25
    verbose_name_plural = "disputes"
    when_empty = "No payment was disputed."
    columns = [
        TitleColumn(
            "order", label="Order", accessor=lambda row: row.order_number or "none",
            get_url=lambda row: reverse("backoffice:dispute", args=[row.pk]),
        ),
        Column("reason", label="Reason", accessor=lambda row: row.reason.replace("_", " ")),
        MoneyColumn(
            "amount", accessor=lambda row: Money(row.amount_minor, row.payment.currency)
        ),
        Column(
            "due_by", label="Answer until", sort_key="due_by",
            accessor=lambda row: f"{row.due_by:%d %b %Y, %H:%M}" if row.due_by else "",
        ),
        DateColumn("answered_at", label="Answered"),
        StateColumn("state", label="State"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        number = Order.objects.filter(token=OuterRef("payment__order_token")).values("number")
        return (
            Dispute.objects.select_related("payment")
            .annotate(order_number=Subquery(number[:1]))
            .order_by("closed_at", "due_by", "pk")
        )


class DisputeDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One dispute, its deadline, and what we say to it."""

    right = "review_payments"
    reveals = "dispute.viewed"
    header_icon = "warning"
    parent = ("backoffice:disputes", "Disputes")
    template_name = "admin/backoffice/dispute.html"
    form: EvidenceForm

    @cached_property
    def dispute(self) -> Dispute:
        rows = Dispute.objects.select_related("payment")
        dispute = rows.filter(pk=self.kwargs["dispute_id"]).first()
        if dispute is None:
            raise Http404
        return dispute

    def get_page_title(self) -> str:
        return f"Dispute {self.dispute.provider_dispute}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = EvidenceForm(initial={"evidence": self.dispute.evidence})
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = EvidenceForm(request.POST)
        try:
            if self.form.is_valid():
                self._say(self.form.cleaned_data["evidence"], accept="accept" in request.POST)
                return redirect("backoffice:dispute", self.dispute.pk)
        except payments.DisputeDecided:
            self.form.add_error(None, "The bank has decided; nothing can be said any more.")
        except GatewayUnavailable:
            self.form.add_error(None, AWAY)
        except GatewayRefused as refusal:
            self.form.add_error(None, f"The provider did not take it: {refusal.message}")
        return self.render_to_response(self.get_context_data(), status=422)

    def _say(self, text: str, *, accept: bool) -> None:
        if accept:
            payments.accept_dispute(dispute_id=self.dispute.pk, reason=text)
            messages.success(self.request, "The dispute is given up.")
        else:
            payments.answer_dispute(dispute_id=self.dispute.pk, evidence=text)
            messages.success(self.request, "The answer was sent to the bank.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        dispute = self.dispute
        currency = dispute.payment.currency
        return {
            **super().get_context_data(**kwargs),
            "dispute": dispute,
            "order": Order.objects.filter(token=dispute.payment.order_token).first(),
            "amount": Money(dispute.amount_minor, currency),
            "fee": Money(dispute.fee_minor, currency),
            "form": self.form,
        }
