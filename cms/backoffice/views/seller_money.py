"""One seller's money: where it is, on what terms it is paid, and corrections by hand."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, Table
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.masking import without_keys
from cms.selling.tables import MoneyColumn, TwoLineColumn
from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.payouts import queries as payout_queries
from commerce.payouts.models import Deduction, Earning
from commerce.payouts.types import Terms
from commerce.sellers import operations as sellers
from commerce.sellers.models import Seller

from ..money_forms import CorrectionForm, TermsForm
from .base import StaffScreen

MOST_ROWS = 50


def _money(field: str) -> Callable[[Any], Money]:
    return lambda row: Money(getattr(row, field), row.currency)


class TermsForAll(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """The terms of every seller without own ones. Each button is one operation."""

    right = "manage_payouts"
    page_title = "Terms for all sellers"
    header_icon = "coins"
    parent = ("backoffice:payouts", "Payouts")
    template_name = "admin/backoffice/seller_money.html"
    held: Terms
    terms: TermsForm

    @property
    def seller_id(self) -> int | None:
        return None

    @property
    def address(self) -> str:
        return reverse("backoffice:payout_terms")

    @property
    def actions(self) -> dict[str, Callable[[], str]]:
        return {"agree": self._agree}

    def fill(self) -> None:
        """Make the forms as they are before anybody typed."""
        self.held = payout_queries.common_terms()
        self.terms = TermsForm.of(self.held)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.fill()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.fill()
        action = self.actions.get(request.POST.get("action", ""))
        if action is None:
            raise Http404
        if said := action():
            messages.success(request, said)
            return redirect(self.address)
        return self.render_to_response(self.get_context_data(), status=422)

    def _agree(self) -> str:
        self.terms = TermsForm(self.request.POST)
        if not self.terms.is_valid():
            return ""
        payouts.agree_terms(seller_id=self.seller_id, **self.terms.terms)
        return "The terms hold for orders that are delivered from now on."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "held": self.held, "terms": self.terms}


class SellerMoney(TermsForAll):
    """One seller's own terms, deductions, refused transfers and corrections."""

    correction: CorrectionForm

    @cached_property
    def seller(self) -> Seller:
        seller = Seller.objects.filter(pk=self.kwargs["seller_id"]).first()
        if seller is None:
            raise Http404
        return seller

    @property
    def seller_id(self) -> int:
        return int(self.seller.pk)

    def get_page_title(self) -> str:
        return f"Money of {self.seller}"

    @property
    def address(self) -> str:
        return reverse("backoffice:seller_money", args=[self.seller_id])

    @property
    def actions(self) -> dict[str, Callable[[], str]]:
        return {
            **super().actions,
            "drop": self._drop,
            "correct": self._correct,
            "lift": self._lift,
        }

    def fill(self) -> None:
        self.held = payout_queries.terms_of(seller_ids=[self.seller_id])[self.seller_id]
        self.terms, self.correction = TermsForm.of(self.held), CorrectionForm()

    def _drop(self) -> str:
        payouts.drop_terms(seller_id=self.seller_id)
        return f"{self.seller} is paid on the terms of all sellers."

    def _lift(self) -> str:
        sellers.lift_payout_pause(seller_id=self.seller_id)
        return "Payouts go on."

    def _correct(self) -> str:
        self.correction = CorrectionForm(self.request.POST)
        if not self.correction.is_valid():
            return ""
        if not payouts.correct(seller_id=self.seller_id, **self.correction.cleaned_data):
            self.correction.add_error("reference", "This reference was booked before.")
            return ""
        return "The correction is booked and is part of the next payout."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        deductions = Deduction.objects.filter(seller_id=self.seller_id).order_by("-pk")
        refused = Earning.objects.filter(seller_id=self.seller_id).exclude(refused_because="")
        return {
            **super().get_context_data(**kwargs),
            "seller": self.seller,
            "correction": self.correction,
            "summaries": payout_queries.summaries(seller_id=self.seller_id),
            "deductions": Table(DEDUCTIONS, list(deductions[:MOST_ROWS]), caption="Deductions"),
            "refused": [
                (_money("net_minor")(row), row.refused_because, row.retry_at)
                for row in refused.order_by("-pk")[:MOST_ROWS]
            ],
        }


DEDUCTIONS = [
    DateColumn("created_at", label="When"),
    TwoLineColumn(
        "kind", label="What", accessor=lambda row: row.get_kind_display(),
        below=lambda row: row.memo, classname="stoa-wide",
    ),
    Column("business_key", label="Reference", accessor=lambda row: without_keys(row.business_key)),
    MoneyColumn("amount", label="Amount", accessor=_money("amount_minor")),
    MoneyColumn("open", label="Still to be taken", accessor=_money("open_minor")),
]  # fmt: skip
