"""Payouts: what was sent, what failed; run by hand, try again."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from kombu.exceptions import OperationalError
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from cms.selling.tables import CountColumn, MoneyColumn, StateColumn, TwoLineColumn
from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.payouts import tasks
from commerce.payouts.models import Payout

from ..forms import PayoutFilter
from .base import StaffScreen


class PayoutList(StaffScreen, BaseListingView):
    """Newest first, with what went wrong and a way to try again."""

    right = "manage_payouts"
    page_title = "Payouts"
    header_icon = "coins"
    template_name = "admin/backoffice/payouts.html"
    results_template_name = "admin/backoffice/payouts_results.html"
    index_url_name = "backoffice:payouts"
    index_results_url_name = "backoffice:payouts_results"
    default_ordering = "-created_at"
    filterset_class = PayoutFilter
    is_searchable = True
    search_fields = ["seller__name", "period", "provider_payout"]
    paginate_by = 25
    verbose_name_plural = "payouts"
    columns = [
        TitleColumn(
            "seller", label="Seller",
            get_url=lambda row: reverse("backoffice:seller", args=[row.seller_id]),
        ),
        Column("period", label="Payout for", sort_key="period"),
        DateColumn("created_at", label="Made", sort_key="created_at"),
        DateColumn("sent_at", label="Sent"),
        CountColumn("orders", label="Orders"),
        MoneyColumn(
            "amount", label="Amount", sort_key="amount_minor",
            accessor=lambda row: Money(row.amount_minor, row.currency),
        ),
        TwoLineColumn(
            "attempts", label="Attempts", below=lambda row: row.last_error[:200],
            classname="stoa-wide",
        ),
        StateColumn("state", label="State", sort_key="state"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Payout.objects.select_related("seller").annotate(orders=Count("earnings"))


class RunPayouts(StaffScreen, View):
    """Pay out at once what is available, beside the schedule."""

    right = "manage_payouts"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        made = payouts.run_now()
        for payout_id in made:
            _send_soon(payout_id)
        if made:
            messages.success(
                request, f"{len(made)} payout{'' if len(made) == 1 else 's'} on the way."
            )
        else:
            messages.warning(
                request,
                "Nothing is available: orders are not delivered yet, or sellers cannot be paid.",
            )
        return redirect("backoffice:payouts")


class RetryPayout(StaffScreen, View):
    """Try a failed payout again."""

    right = "manage_payouts"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, payout_id: int) -> HttpResponse:
        if not Payout.objects.filter(pk=payout_id).exists():
            raise Http404
        try:
            payouts.retry(payout_id=payout_id)
        except payouts.NotFailed:
            messages.error(request, "This payout did not fail.")
        else:
            _send_soon(payout_id)
            messages.success(request, "The payout is tried again.")
        return redirect("backoffice:payouts")


def _send_soon(payout_id: int) -> None:
    """Nudge a worker; when nobody hears it, the sweep of every minute sends it."""
    with suppress(OperationalError):
        tasks.send.delay(payout_id=payout_id)
