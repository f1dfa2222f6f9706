"""Sellers: who they are, what they owe and are owed; suspend, trust, agree commissions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from cms.selling import operations as selling
from cms.selling.models import Workspace
from cms.selling.tables import StateColumn
from commerce.accounts.queries import country_name
from commerce.catalog.models import Product
from commerce.inventory import queries as inventory
from commerce.orders import queries as orders
from commerce.payouts import queries as payouts
from commerce.sellers import operations as sellers
from commerce.sellers import queries as seller_queries
from commerce.sellers.models import CommissionAgreement, Seller

from ..forms import RateForm, ReasonForm, SellerFilter
from .base import StaffScreen


class SellerList(StaffScreen, BaseListingView):
    """Every seller by name."""

    right = "manage_sellers"
    page_title = "Sellers"
    header_icon = "group"
    index_url_name = "backoffice:sellers"
    index_results_url_name = "backoffice:sellers_results"
    default_ordering = "name"
    filterset_class = SellerFilter
    is_searchable = True
    search_fields = ["name", "legal_name", "email"]
    paginate_by = 25
    verbose_name_plural = "sellers"
    columns = [
        TitleColumn(
            "name", label="Shop", sort_key="name",
            get_url=lambda row: reverse("backoffice:seller", args=[row.pk]),
        ),
        Column("legal_name", label="Registered name"),
        Column("country", label="Country", accessor=lambda row: country_name(country=row.country)),
        DateColumn("created_at", label="Since", sort_key="created_at"),
        BooleanColumn("trusted", label="Trusted"),
        BooleanColumn("payouts_enabled", label="Can be paid"),
        StateColumn("state", label="State", sort_key="state"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Seller.objects.all()


class SellerDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One seller. Each button is one operation."""

    right = "manage_sellers"
    reveals = "seller.viewed"
    header_icon = "group"
    parent = ("backoffice:sellers", "Sellers")
    template_name = "admin/backoffice/seller.html"
    rate: RateForm
    reason: ReasonForm

    @cached_property
    def seller(self) -> Seller:
        newest_first = CommissionAgreement.objects.order_by("-valid_from")
        rows = Seller.objects.prefetch_related(Prefetch("agreements", newest_first))
        seller = rows.filter(pk=self.kwargs["seller_id"]).first()
        if seller is None:
            raise Http404
        return seller

    def get_page_title(self) -> str:
        return self.seller.name

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.rate, self.reason = RateForm(), ReasonForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.rate, self.reason = RateForm(), ReasonForm()
        actions: dict[str, Callable[[], str]] = {
            "suspend": self._suspend,
            "reinstate": self._reinstate,
            "trust": self._trust,
            "distrust": self._distrust,
            "agree": self._agree,
        }
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise Http404
        if said := action():
            messages.success(request, said)
            return redirect("backoffice:seller", self.seller.pk)
        return self.render_to_response(self.get_context_data(), status=422)

    def _suspend(self) -> str:
        self.reason = ReasonForm(self.request.POST)
        if not self.reason.is_valid():
            return ""
        sellers.suspend(seller_id=self.seller.pk, reason=self.reason.cleaned_data["reason"])
        return f"Nothing of {self.seller.name} can be bought until it is reinstated."

    def _reinstate(self) -> str:
        sellers.reinstate(seller_id=self.seller.pk)
        return f"{self.seller.name} sells again."

    def _trust(self) -> str:
        selling.trust(seller_id=self.seller.pk, trusted=True)
        return f"{self.seller.name} publishes without moderation."

    def _distrust(self) -> str:
        selling.trust(seller_id=self.seller.pk, trusted=False)
        return f"Pages of {self.seller.name} are moderated again."

    def _agree(self) -> str:
        self.rate = RateForm(self.request.POST)
        if not self.rate.is_valid():
            return ""
        sellers.agree_commission(seller_id=self.seller.pk, rate_bps=self.rate.rate_bps)
        return "The commission applies to what is sold from now on."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        seller_id = self.seller.pk
        workspace = Workspace.objects.filter(seller_id=seller_id).first()
        counts = orders.count_seller_orders(seller_id=seller_id)
        return {
            **super().get_context_data(**kwargs),
            "seller": self.seller,
            "country": country_name(country=self.seller.country),
            "workspace": workspace,
            "members": seller_queries.members(seller_ids=[seller_id])[seller_id],
            "agreements": [
                (agreement.rate_bps / 100, agreement.valid_from)
                for agreement in self.seller.agreements.all()
            ],
            "products": Product.objects.filter(seller_id=seller_id, state="active").count(),
            "to_ship": counts.get("confirmed", 0) + counts.get("processing", 0),
            "accuracy": inventory.accuracy(seller_ids=[seller_id]).get(seller_id),
            "overdue": [
                plan for plan in inventory.count_plans(seller_ids=[seller_id]) if plan.is_overdue
            ],
            "monies": payouts.summaries(seller_id=seller_id),
            "rate": self.rate,
            "reason": self.reason,
        }
