"""Gift cards and store credit: give some, see what became of it, take back what is left."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from cms.selling.tables import MoneyColumn, TwoLineColumn
from commerce.credits import operations as credits
from commerce.credits.models import Credit
from commerce.kernel.money import Money
from commerce.orders.models import Order

from ..credit_forms import IssueForm
from ..forms import ReasonForm
from .base import StaffScreen


class CreditList(StaffScreen, BaseListingView):
    """Newest first: what was issued to whom, and what is left of it."""

    right = "manage_credits"
    reveals = "credits.listed"
    page_title = "Gift cards and credit"
    header_icon = "tag"
    template_name = "admin/backoffice/credits.html"
    index_url_name = "backoffice:credits"
    index_results_url_name = "backoffice:credits_results"
    default_ordering = "-pk"
    is_searchable = True
    search_fields = ["code_ending", "email", "reason", "user__email"]
    paginate_by = 25
    verbose_name_plural = "gift cards and credit"
    columns = [
        TitleColumn(
            "credit", label="What", accessor=str,
            get_url=lambda row: reverse("backoffice:credit", args=[row.pk]),
        ),
        TwoLineColumn(
            "reason", label="Why", classname="stoa-wide",
            below=lambda row: row.user.email if row.user else row.email,
        ),
        Column("issued_by", label="By"),
        MoneyColumn(
            "issued", label="Issued", accessor=lambda row: Money(row.issued_minor, row.currency)
        ),
        MoneyColumn(
            "balance", label="Left", accessor=lambda row: Money(row.balance_minor, row.currency)
        ),
        Column(
            "expires_at", label="Until", sort_key="expires_at",
            accessor=lambda row: f"{row.expires_at:%d %b %Y}",
        ),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Credit.objects.select_related("user")


class IssueCredit(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Give a gift card by mail, or store credit to an account; the marketplace bears it."""

    right = "manage_credits"
    page_title = "Give a gift card or credit"
    header_icon = "tag"
    parent = ("backoffice:credits", "Gift cards and credit")
    template_name = "admin/backoffice/credit_new.html"
    form: IssueForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = IssueForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = IssueForm(request.POST)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        given = self.form.cleaned_data
        credits.issue(
            kind=given["kind"],
            amount=self.form.money,
            business_key=f"staff:{given['key']}",
            reason=given["reason"],
            paid_by="losses",
            user_id=self.form.user_id,
            email=given["email"],
        )
        messages.success(request, f"{self.form.money} is on its way to {given['email']}.")
        return redirect("backoffice:credits")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": self.form}


class CreditDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One card or credit, the orders that took from it, and a way to take back the rest."""

    right = "manage_credits"
    reveals = "credit.viewed"
    header_icon = "tag"
    parent = ("backoffice:credits", "Gift cards and credit")
    template_name = "admin/backoffice/credit.html"
    form: ReasonForm

    @cached_property
    def credit(self) -> Credit:
        found = Credit.objects.select_related("user").filter(pk=self.kwargs["credit_id"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return str(self.credit).capitalize()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ReasonForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ReasonForm(request.POST)
        if not self.form.is_valid():
            return self.render_to_response(self.get_context_data(), status=422)
        try:
            credits.void(credit_id=self.credit.pk, reason=self.form.cleaned_data["reason"])
        except credits.BoughtCard:
            self.form.add_error(None, "It was paid for. Give it back under Gift cards sold.")
            return self.render_to_response(self.get_context_data(), status=422)
        except credits.NothingToVoid:
            self.form.add_error(None, "Nothing is left on it.")
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, "What was left is taken back.")
        return redirect("backoffice:credit", self.credit.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        credit = self.credit
        number = Order.objects.filter(token=OuterRef("order_token")).values("number")
        spends = credit.spends.annotate(number=Subquery(number[:1])).order_by("pk")
        return {
            **super().get_context_data(**kwargs),
            "credit": credit,
            "amounts": [
                (label, Money(minor, credit.currency))
                for label, minor in (
                    ("Issued", credit.issued_minor),
                    ("Spent", credit.spent_minor),
                    ("Expired or taken back", credit.expired_minor),
                    ("Left", credit.balance_minor),
                )
            ],
            "spends": [
                {
                    "spend": spend,
                    "number": spend.number,
                    "amount": Money(spend.amount_minor, credit.currency),
                }
                for spend in spends
            ],
            "form": self.form,
        }
