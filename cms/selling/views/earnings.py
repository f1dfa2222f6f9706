"""What a seller earned: where the money is, statements, payouts, and the bank connection."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, Table
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.gateways.payments import GatewayRefused, GatewayUnavailable
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.payouts import queries as payout_queries
from commerce.payouts.models import Deduction, Payout
from commerce.payouts.types import Statement
from commerce.sellers import queries as sellers

from .. import queries
from ..exports import csv_file
from ..money_forms import PeriodForm
from ..policy import Work
from ..tables import CountColumn, MoneyColumn, StateColumn, TwoLineColumn
from .base import SellerScreen

PAYOUT_COLUMNS = [
    Column("period", label="Payout for"),
    StateColumn("state", label="State", kind="payout"),
    DateColumn("created_at", label="Made"),
    DateColumn("sent_at", label="Sent"),
    DateColumn("arrived_at", label="At the bank"),
    CountColumn("orders", label="Orders"),
    MoneyColumn("amount", label="Amount"),
]


DEDUCTION_COLUMNS = [
    DateColumn("created_at", label="When"),
    TwoLineColumn(
        "kind", label="What", accessor=lambda row: row.get_kind_display(),
        below=lambda row: row.memo, classname="stoa-wide",
    ),
    MoneyColumn(
        "amount", label="Amount", accessor=lambda row: Money(row.amount_minor, row.currency)
    ),
    MoneyColumn(
        "open", label="Still to be taken",
        accessor=lambda row: Money(row.open_minor, row.currency),
    ),
]  # fmt: skip


class InOneCurrency(SellerScreen):
    """A screen about what a seller has in one currency; the sums of two never mix."""

    @cached_property
    def currencies(self) -> list[str]:
        return payout_queries.currencies_of(seller_id=self.seller_id)

    @cached_property
    def currency(self) -> str:
        asked = self.request.GET.get("currency", self.currencies[0])
        if asked not in self.currencies:
            raise Http404
        return asked


class Earnings(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Where the money is now, and the latest payouts."""

    work = Work.MONEY
    page_title = "Earnings"
    header_icon = "coins"
    template_name = "admin/selling/earnings.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        summaries = payout_queries.summaries(seller_id=self.seller_id)
        latest = payout_queries.payouts_of(seller_id=self.seller_id, limit=5)
        deductions = Deduction.objects.filter(seller_id=self.seller_id).order_by("-pk")[:10]
        return {
            **super().get_context_data(**kwargs),
            "summary": summaries[0],
            "summaries": summaries,
            "terms": payout_queries.terms_of(seller_ids=[self.seller_id])[self.seller_id],
            "deductions": Table(DEDUCTION_COLUMNS, list(deductions), caption="Latest deductions")
            if deductions
            else None,
            "seller": sellers.sellers(seller_ids=[self.seller_id])[self.seller_id],
            "payouts": Table(PAYOUT_COLUMNS, latest, caption="Latest payouts") if latest else None,
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton("Statement", url=reverse("selling:statement"), icon_name="doc-full"),
            HeaderButton("Year", url=reverse("selling:income"), icon_name="calendar-alt"),
        ]


class PayoutList(SellerScreen, BaseListingView):
    """Every payout of the seller, newest first."""

    work = Work.MONEY
    page_title = "Payouts"
    header_icon = "coins"
    parent = ("selling:earnings", "Earnings")
    index_url_name = "selling:payouts"
    paginate_by = 25
    verbose_name_plural = "payouts"
    columns = [
        *PAYOUT_COLUMNS[:-1],
        MoneyColumn(
            "amount", label="Amount", accessor=lambda row: Money(row.amount_minor, row.currency)
        ),
    ]

    def get_base_queryset(self) -> Any:
        return queries.own_payouts(seller_id=self.seller_id).order_by("-created_at", "-pk")

    def get_table(self, object_list: Any) -> Table:
        rows: list[Payout] = list(object_list)
        return super().get_table(rows)


class StatementScreen(InOneCurrency, WagtailAdminTemplateMixin, TemplateView):
    """The seller's account in the ledger between two days."""

    work = Work.MONEY
    page_title = "Statement"
    header_icon = "doc-full"
    parent = ("selling:earnings", "Earnings")
    template_name = "admin/selling/statement.html"

    @cached_property
    def form(self) -> PeriodForm:
        return PeriodForm.read(self.request.GET, today=clock.now().date())

    @cached_property
    def statement(self) -> Statement | None:
        if not self.form.is_valid():
            return None
        since, until = self.form.moments
        return payout_queries.statement(
            seller_id=self.seller_id, currency=self.currency, since=since, until=until
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "form": self.form,
            "statement": self.statement,
            "media": self.form.media,
            "currency": self.currency,
            "currencies": self.currencies,
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        address = f"{reverse('selling:statement_csv')}?{self.request.GET.urlencode()}"
        return [HeaderButton("Download CSV", url=address, icon_name="download")]


class StatementFile(StatementScreen):
    """The same statement for a spreadsheet."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.statement is None:
            raise Http404
        days = self.form.cleaned_data
        name = f"statement-{days['since']}-{days['until']}-{self.currency}.csv"
        return csv_file(self.statement.rows(), name=name)


class ConnectBank(SellerScreen, View):
    """Send the owner to the payment provider, which asks for bank details itself.

    A link and not a form: the admin's policy lets forms lead nowhere else.
    """

    work = Work.MONEY
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Whoever changes a bank that is known has just proven who they are."""
        seller = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id]
        if seller.payouts_enabled or seller.has_bank:
            try:
                self._prove(request)
            except ReauthenticationRequired:
                query = urlencode({"next": request.get_full_path()})
                return redirect(f"{reverse('account_reauthenticate')}?{query}")
        return self._lead(request)

    @unconfined()  # how somebody signs in is no seller's row
    @method_decorator(reauthentication_required)
    def _prove(self, request: HttpRequest) -> None:
        """Let pass who signed in a moment ago. Raises ReauthenticationRequired."""

    def _lead(self, request: HttpRequest) -> HttpResponse:
        try:
            address = payouts.connect_account(
                seller_id=self.seller_id,
                refresh_url=request.build_absolute_uri(reverse("selling:connect")),
                return_url=request.build_absolute_uri(reverse("selling:connected")),
            )
        except GatewayUnavailable:
            messages.error(
                request, "The payment provider does not answer. Try again in a few minutes."
            )
            return redirect("selling:earnings")
        except GatewayRefused as refusal:
            messages.error(request, f"The payment provider refused: {refusal}")
            return redirect("selling:earnings")
        return HttpResponseRedirect(address)


class BankConnected(SellerScreen, View):
    """Back from the provider: ask it what it knows now; its webhook says so too."""

    work = Work.MONEY
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        seller = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id]
        if seller.stripe_account_id:
            self._ask(request, seller.stripe_account_id)
        return redirect("selling:earnings")

    def _ask(self, request: HttpRequest, account_id: str) -> None:
        try:
            payouts.refresh_account(account_id=account_id)
        except (GatewayUnavailable, GatewayRefused):
            messages.warning(request, "We will hear from the payment provider in a moment.")
            return
        seller = sellers.sellers(seller_ids=[self.seller_id])[self.seller_id]
        if seller.payouts_enabled:
            messages.success(request, "Your bank account is connected.")
        else:
            messages.warning(request, "The payment provider still needs details from you.")
