"""Every order: found by number or email, shown with its parts, events, payments and parcels."""

from typing import Any

from django.db.models import Count
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin

from cms.selling.tables import CountColumn, MoneyColumn, StateColumn
from commerce.documents import queries as documents
from commerce.fulfillment import queries as fulfillment
from commerce.kernel.money import Money
from commerce.ledger.models import Journal
from commerce.orders import queries as orders
from commerce.orders.models import Order
from commerce.orders.types import OrderData
from commerce.payments import queries as payments
from commerce.payments.models import Refund
from commerce.payouts import queries as payouts
from commerce.sellers import queries as sellers

from ..forms import OrderFilter
from .base import StaffScreen


class OrderList(StaffScreen, BaseListingView):
    """Newest first."""

    right = "view_orders"
    reveals = "orders.listed"
    page_title = "Orders"
    header_icon = "clipboard-list"
    index_url_name = "backoffice:orders"
    index_results_url_name = "backoffice:orders_results"
    default_ordering = "-placed_at"
    filterset_class = OrderFilter
    is_searchable = True
    search_fields = ["number", "email", "ship_to__name", "seller_orders__number"]
    paginate_by = 25
    verbose_name_plural = "orders"
    columns = [
        TitleColumn(
            "number", label="Order",
            get_url=lambda row: reverse("backoffice:order", args=[row.number]),
        ),
        DateColumn("placed_at", label="Placed", sort_key="placed_at"),
        Column("email", label="Email", sort_key="email"),
        CountColumn("parts", label="Sellers"),
        MoneyColumn(
            "total", label="Total", sort_key="total_minor",
            accessor=lambda row: Money(row.total_minor, row.currency),
        ),
        StateColumn("state", label="State", kind="whole order", sort_key="state"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Order.objects.annotate(parts=Count("seller_orders", distinct=True))

    def search_queryset(self, queryset: Any) -> Any:
        found = super().search_queryset(queryset)
        if not (self.is_searching or self.is_filtering):
            return found
        return self.order_queryset(self.get_base_queryset().filter(pk__in=found.values("pk")))


class OrderDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One order, as everybody concerned sees it, and its money."""

    right = "view_orders"
    reveals = "order.viewed"
    header_icon = "clipboard-list"
    parent = ("backoffice:orders", "Orders")
    template_name = "admin/backoffice/order.html"

    @cached_property
    def order(self) -> OrderData:
        ref = orders.order_by_number(number=self.kwargs["number"])
        order = orders.order(token=ref.token) if ref else None
        if order is None:
            raise Http404
        return order

    def get_page_title(self) -> str:
        return f"Order {self.order.number}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        order = self.order
        part_ids = [part.id for part in order.seller_orders]
        attempts = payments.of_order(order_tokens=[order.token]).get(order.token, [])
        return {
            **super().get_context_data(**kwargs),
            "order": order,
            "parts": self._parts(part_ids),
            "attempts": attempts,
            "refunds": Refund.objects.filter(payment__order_token=order.token).order_by("pk"),
            "journals": Journal.objects.filter(
                business_key__in=[f"capture:{each.charge_id}" for each in attempts]
            ),
            "papers": documents.of_orders(order_ids=[order.id]).get(order.id, []),
            "may_see_ledger": self.request.user.has_perm("backoffice.view_ledger"),
        }

    def _parts(self, part_ids: list[int]) -> list[dict[str, Any]]:
        names = sellers.sellers(seller_ids={part.seller_id for part in self.order.seller_orders})
        parcels = fulfillment.shipments_of(seller_order_ids=part_ids)
        earnings = payouts.earnings_of(seller_order_ids=part_ids)
        return [
            {
                "part": part,
                "seller": names[part.seller_id],
                "parcels": parcels[part.id],
                "earning": earnings.get(part.id),
                "events": [each for each in self.order.events if each.seller_order_id == part.id],
            }
            for part in self.order.seller_orders
        ]
