"""A seller's own part of each order: list, detail, packing slip, parcels, export."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.accounts.queries import country_name
from commerce.audit import operations as audit
from commerce.documents import queries as documents
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.kernel.money import Money
from commerce.orders import finding
from commerce.orders import queries as orders
from commerce.orders.models import SellerOrder
from commerce.orders.types import SellerOrderData
from commerce.payments import queries as payments
from commerce.payouts import queries as payouts
from commerce.returns import queries as returns

from .. import queries, shelf
from ..exports import (
    export_buttons,
    is_long,
    narrowed_by,
    order_rows,
    parts_in_batches,
    table_file,
)
from ..order_forms import OrderFilter, ShipForm
from ..policy import Work
from ..shown_parcels import context_of, has_unlabeled
from ..tables import CountColumn, MoneyColumn, StateColumn, TwoLineColumn
from .base import SellerScreen
from .exports import Exports, ask_for_table, buttons_to_own, offer_table


def _earning(part: SellerOrder) -> Money:
    return Money(part.earning_minor, part.order.currency)


class OrderList(SellerScreen, BaseListingView):
    """Every paid part, newest first."""

    work = Work.ANYONE
    reveals = "orders.listed"
    page_title = "Orders"
    header_icon = "clipboard-list"
    index_url_name = "selling:orders"
    index_results_url_name = "selling:orders_results"
    default_ordering = "-pk"  # as they were placed
    filterset_class = OrderFilter
    is_searchable = True
    paginate_by = 25
    verbose_name_plural = "orders"
    columns = [
        TitleColumn(
            "number", label="Order", get_url=lambda part: order_url(part.number),
            sort_key="order__placed_at",
        ),
        StateColumn("stage", label="State", kind="order", sort_key="state"),
        DateColumn("placed", label="Placed", accessor="order.placed_at"),
        TwoLineColumn(
            "ship_to", label="Ship to",
            accessor=lambda part: part.order.ship_to.get("name", ""),
            below=lambda part: country_name(country=part.order.ship_to.get("country", "")),
        ),
        CountColumn("items", label="Items"),
    ]  # fmt: skip

    def get_table(self, object_list: Any) -> Any:
        """Say what is earned to whom the order says it, too."""
        if self.is_owner:
            earned = MoneyColumn("earning", label="You earn", accessor=_earning)
            self.columns = [*type(self).columns, earned]
        return super().get_table(object_list)

    def get_base_queryset(self) -> Any:
        return queries.own_orders(seller_id=self.seller_id)

    def search_queryset(self, queryset: Any) -> Any:
        if not self.is_searching:
            return queryset
        found = finding.part_ids(seller_id=self.seller_id, text=self.search_query)
        return queryset.filter(pk__in=found)

    def get_header_buttons(self) -> list[HeaderButton]:
        return [
            *export_buttons("selling:orders_export", self.request),
            *buttons_to_own(self.request, seller_id=self.seller_id),
        ]


class OrderExport(OrderList):
    """The same list, filtered alike, as one row per line; each is written down."""

    reveals = ""  # written down below, with how many lines it was

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send the table, or offer to have it made when it is too long to be waited for."""
        if self.is_long:
            return offer_table(request, screen=Exports, kind=self.format, lines=self.lines)
        self._note()
        return table_file(
            order_rows(parts_in_batches(self.part_ids), with_commission=self.is_owner),
            kind=self.format,
            name="orders",
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Have a long table made."""
        if not self.is_long:
            return redirect(request.get_full_path())
        self._note()
        return ask_for_table(
            request,
            seller_id=self.seller_id,
            kind=self.format,
            part_ids=self.part_ids,
            lines=self.lines,
        )

    def _note(self) -> None:
        told = {
            "format": self.format,
            "lines": self.lines,
            "narrowed by": narrowed_by(self.request),
        }
        audit.record(action="orders.exported", subject=f"seller:{self.seller_id}", details=told)

    @cached_property
    def format(self) -> str:
        return "xlsx" if self.request.GET.get("format") == "xlsx" else "csv"

    @cached_property
    def part_ids(self) -> list[int]:
        # As in a list, so that a filter that says nothing narrows nothing.
        return list(self.get_queryset().order_by("-pk").values_list("pk", flat=True))

    @cached_property
    def lines(self) -> int:
        return queries.count_lines(seller_id=self.seller_id, part_ids=self.part_ids)

    @property
    def is_long(self) -> bool:
        return is_long(lines=self.lines, kind=self.format)


class OrderScreen(SellerScreen, WagtailAdminTemplateMixin):
    """One part, found among the seller's own only."""

    work = Work.ANYONE
    reveals = "order.viewed"
    parent = ("selling:orders", "Orders")
    header_icon = "clipboard-list"

    @cached_property
    def part(self) -> SellerOrderData:
        number = self.kwargs["number"]
        part = orders.seller_order(seller_id=self.seller_id, number=number)
        if part is None or part.confirmed_at is None:
            raise Http404
        return part

    def get_page_title(self) -> str:
        return f"Order {self.part.number}"


class OrderDetail(OrderScreen, TemplateView):
    """What was ordered, where it goes, what was sent; and a form to send the rest."""

    template_name = "admin/selling/order.html"
    form: ShipForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ShipForm(request.POST, part=self.part)
        if self.form.is_valid() and self._ship(self.form):
            messages.success(request, "The parcel is on its way. The shopper was told.")
            return redirect(order_url(self.part.number))
        return self.render_to_response(self.get_context_data(), status=422)

    def _ship(self, form: ShipForm) -> bool:
        try:
            fulfillment.ship(
                seller_id=self.seller_id,
                seller_order_id=self.part.id,
                carrier_code=form.cleaned_data["carrier_code"],
                tracking_number=form.cleaned_data["tracking_number"],
                quantities=form.quantities,
            )
        except fulfillment.TooMany as refusal:
            field = form.key(refusal.line_id)
            form.add_error(field if field in form.fields else None, str(refusal))
        except fulfillment.InvalidTracking as refusal:
            form.add_error("tracking_number", str(refusal))
        except fulfillment.UnknownCarrier as refusal:
            form.add_error("carrier_code", str(refusal))
        except (fulfillment.NothingToShip, fulfillment.NotShippable) as refusal:
            form.add_error(None, str(refusal))
        return not form.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        part = self.part
        is_open = part.state in ("confirmed", "processing") and has_unlabeled(part)
        may_ship = is_open and not part.awaits_capture
        given = orders.adjustments_of(seller_order_ids=[part.id]).get(part.id, [])
        earning = payouts.earnings_of(seller_order_ids=[part.id]).get(part.id)
        return {
            **super().get_context_data(**kwargs),
            "part": part,
            "form": (self.form or ShipForm(part=part)) if may_ship else None,
            "may_start": may_ship and part.state == "confirmed",
            "reserved": payments.reservation(order_token=part.order_token)
            if part.awaits_capture
            else None,
            **context_of(part),
            "lines": {line.id: line for line in part.lines},
            "leaves": shelf.leaves_from(part=part),
            "moves": queries.moves_of(seller_id=self.seller_id, seller_order_id=part.id),
            "earning": earning,
            "papers": documents.of_seller_orders(
                seller_id=self.seller_id, seller_order_ids=[part.id]
            ).get(part.id, []),
            "may_bill": part.state != "canceled" and not part.awaits_capture,
            "shows_money": self.is_owner,
            "given_back": given,
            "tax": part.tax - sum((one.tax for one in given), part.tax * 0),
            "kept": part.earning - sum((one.seller for one in given), part.earning * 0),
            "cases": returns.cases_of_part(seller_order_id=part.id),
            "may_decide": self.may_decide,
            "may_cancel": self.may_decide
            and is_open
            and any(line.open_quantity for line in part.lines),
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        if self.part.awaits_capture:
            return []
        address = reverse("selling:packing_slip", args=[self.part.number])
        return [HeaderButton("Packing slip", url=address, icon_name="doc-full")]


class OrderPromised(OrderScreen, View):
    """The seller can send it: its order is charged once all its sellers have said so."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        try:
            fulfillment.promise(seller_id=self.seller_id, seller_order_id=self.part.id)
        except fulfillment.NotShippable as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Thank you. We write when it is charged and may leave.")
        return redirect(order_url(number))


class PackingStarted(OrderScreen, View):
    """The seller packs it now, and the shopper sees so."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        try:
            fulfillment.start_packing(seller_id=self.seller_id, seller_order_id=self.part.id)
        except fulfillment.NotShippable as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The shopper sees that it is being prepared.")
        return redirect(order_url(number))


class PackingSlip(OrderScreen, TemplateView):
    """A sheet for the parcel: no prices, nothing of the admin around it."""

    reveals = "packing-slip.viewed"
    template_name = "admin/selling/packing_slip.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        slip = parcels.packing_slip(
            seller_id=self.seller_id,
            seller_order_id=self.part.id,
            shipment_id=self._id("parcel"),
            label_id=self._id("label"),
        )
        if slip is None:
            raise Http404
        return {
            **super().get_context_data(**kwargs),
            "slip": slip,
            "leaves": shelf.leaves_from(part=self.part),
            "shop": self.workspace.seller_name,
        }

    def _id(self, name: str) -> int | None:
        text = self.request.GET.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 19 else None


class ParcelDelivered(SellerScreen, View):
    """Note that a parcel arrived."""

    work = Work.ANYONE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str, shipment_id: int) -> HttpResponse:
        part = orders.seller_order(seller_id=self.seller_id, number=number)
        own = parcels.shipments_of(seller_order_ids=[part.id])[part.id] if part else []
        if shipment_id not in {shipment.id for shipment in own}:
            raise Http404
        fulfillment.deliver(seller_id=self.seller_id, shipment_id=shipment_id)
        messages.success(request, "The parcel arrived.")
        return redirect(order_url(number))


def order_url(number: str) -> str:
    return reverse("selling:order", args=[number])
