"""Every order: found by number or email, shown with its parts, events, payments and parcels."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from cms.selling.exports import (
    export_buttons,
    is_long,
    narrowed_by,
    staff_rows,
    table_file,
)
from cms.selling.states import summary_of
from cms.selling.tables import CountColumn, MoneyColumn, StateColumn
from cms.selling.views.exports import (
    ask_for_table,
    buttons_to_own,
    export_answer,
    offer_table,
    shown_exports,
)
from commerce.audit import operations as audit
from commerce.documents import queries as documents
from commerce.fulfillment import queries as fulfillment
from commerce.kernel.money import Money
from commerce.ledger.models import Journal
from commerce.orders import finding
from commerce.orders import queries as orders
from commerce.orders.models import Order, OrderLine, SellerOrder
from commerce.orders.types import OrderData
from commerce.payments import queries as payments
from commerce.payments.models import Refund
from commerce.payouts import queries as payouts
from commerce.pricing import queries as pricing
from commerce.returns import queries as returns
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
    paginate_by = 25
    verbose_name_plural = "orders"
    columns = [
        TitleColumn(
            "number", label="Order",
            get_url=lambda row: reverse("backoffice:order", args=[row.number]),
        ),
        StateColumn("summary", label="State", kind="summary"),
        DateColumn("placed_at", label="Placed", sort_key="placed_at"),
        Column("email", label="Email", sort_key="email"),
        CountColumn("parts", label="Sellers"),
        MoneyColumn(
            "total", label="Total", sort_key="total_minor",
            accessor=lambda row: Money(row.total_minor, row.currency),
        ),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        own = SellerOrder.objects.filter(order=OuterRef("pk")).order_by().values("order")
        parts = Subquery(own.annotate(parts=Count("pk")).values("parts"))
        return Order.objects.annotate(parts=parts)

    def get_table(self, object_list: Any) -> Any:
        """Say of each order on the page where its parts stand together."""
        shown = list(object_list)
        found = orders.orders(order_ids=[row.pk for row in shown])
        for row in shown:
            row.summary = summary_of(found[row.pk])
        return super().get_table(shown)

    def search_queryset(self, queryset: Any) -> Any:
        if not self.is_searching:
            return queryset
        return queryset.filter(pk__in=finding.order_ids(text=self.search_query))

    def get_header_buttons(self) -> list[HeaderButton]:
        return [
            *export_buttons("backoffice:orders_export", self.request),
            *buttons_to_own(self.request, seller_id=None),
        ]

    def told(self) -> dict[str, Any]:
        return {"narrowed by": narrowed_by(self.request)}


class OrderExport(OrderList):
    """The same list, filtered alike, as one row per line; each is written down."""

    reveals = ""  # written down below, with how many lines it was

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send the table, or offer to have it made when it is too long to be waited for."""
        if self.is_long:
            return offer_table(request, screen=Exports, kind=self.format, lines=self.lines)
        self._note()
        return table_file(staff_rows(self._part_ids()), kind=self.format, name="orders")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Have a long table made."""
        if not self.is_long:
            return redirect(request.get_full_path())
        self._note()
        return ask_for_table(
            request,
            seller_id=None,
            kind=self.format,
            part_ids=self._part_ids(),
            lines=self.lines,
        )

    def _note(self) -> None:
        details = {"format": self.format, "lines": self.lines, **self.told()}
        audit.record(action="orders.exported", details=details)

    @cached_property
    def format(self) -> str:
        return "xlsx" if self.request.GET.get("format") == "xlsx" else "csv"

    @cached_property
    def parts(self) -> QuerySet[SellerOrder]:
        found = self.get_queryset().order_by("-placed_at").values("pk")
        return SellerOrder.objects.filter(order__in=found)

    def _part_ids(self) -> list[int]:
        return list(self.parts.order_by("-order__placed_at", "pk").values_list("pk", flat=True))

    @cached_property
    def lines(self) -> int:
        return OrderLine.objects.filter(seller_order__in=self.parts.values("pk")).count()

    @property
    def is_long(self) -> bool:
        return is_long(lines=self.lines, kind=self.format)


class Exports(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """What the person asked for, with the files that are ready."""

    right = "view_orders"
    page_title = "Your exports"
    header_icon = "download"
    parent = ("backoffice:orders", "Orders")
    template_name = "admin/selling/exports.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            **shown_exports(self.request, seller_id=None),
        }


class ExportFile(StaffScreen, View):
    """A file that is ready, for who asked for it."""

    right = "view_orders"
    reveals = "orders.export-fetched"

    def get(self, request: HttpRequest, export_id: int) -> FileResponse:
        return export_answer(request, seller_id=None, export_id=export_id)


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
            "cases": returns.cases_of_order(order_id=order.id),
            "happened": returns.timeline(order=order),
            "parts": self._parts(part_ids),
            "attempts": attempts,
            "reserved": payments.reservation(order_token=order.token)
            if order.awaits_capture
            else None,
            "refunds": _refunds(order),
            "journals": Journal.objects.filter(
                business_key__in=[f"capture:{each.charge_id}" for each in attempts]
            ),
            "papers": documents.of_orders(order_ids=[order.id]).get(order.id, []),
            "vat": self._vat(),
            "may_see_ledger": self.request.user.has_perm("backoffice.view_ledger"),
        }

    def _vat(self) -> dict[str, Any] | None:
        """The business's VAT number, what was known of it when it ordered, and what is now."""
        number = self.order.ship_to.get("vat_id", "")
        if not number:
            return None
        return {
            "number": number,
            "state": self.order.ship_to.get("vat_state", "form"),
            "consultation": self.order.ship_to.get("vat_consultation", ""),
            "now": pricing.latest_answers(numbers=[number]).get(number),
        }

    def _parts(self, part_ids: list[int]) -> list[dict[str, Any]]:
        names = sellers.sellers(seller_ids={part.seller_id for part in self.order.seller_orders})
        parcels = fulfillment.shipments_of(seller_order_ids=part_ids)
        earnings = payouts.earnings_of(seller_order_ids=part_ids)
        given = orders.adjustments_of(seller_order_ids=part_ids)
        return [
            {
                "part": part,
                "seller": names[part.seller_id],
                "parcels": parcels[part.id],
                "earning": earnings.get(part.id),
                "kept": part.earning
                - sum((one.seller for one in given.get(part.id, [])), part.earning * 0),
                "events": [each for each in self.order.events if each.seller_order_id == part.id],
            }
            for part in self.order.seller_orders
        ]


def _refunds(order: OrderData) -> list[tuple[Refund, Money]]:
    found = Refund.objects.filter(payment__order_token=order.token).select_related("payment")
    return [
        (refund, Money(refund.amount_minor, refund.payment.currency))
        for refund in found.order_by("pk")
    ]
