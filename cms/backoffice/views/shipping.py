"""Ways in which sellers ship, to look at, and labels that no carrier answered about."""

from typing import Any

from django.urls import reverse
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets.button import HeaderButton

from cms.selling.tables import MoneyColumn
from cms.selling.views.base import Listing
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.models import Label, ShippingMethod
from commerce.kernel.money import Money

from .base import StaffScreen


class ShippingList(StaffScreen, BaseListingView):
    """Of all sellers, by seller."""

    right = "manage_shipping"
    page_title = "Ways to ship"
    header_icon = "truck"
    index_url_name = "backoffice:shipping"
    index_results_url_name = "backoffice:shipping_results"
    default_ordering = "seller__name"
    is_searchable = True
    search_fields = ["seller__name", "name", "carrier__name"]
    paginate_by = 50
    verbose_name_plural = "ways to ship"
    columns = [
        TitleColumn(
            "seller", label="Seller", sort_key="seller__name",
            get_url=lambda row: reverse("backoffice:seller", args=[row.seller_id]),
        ),
        Column("name", label="Name"),
        Column("carrier", label="Carrier"),
        Column(
            "zone", label="Where to",
            accessor=lambda row: row.zone.name if row.zone else "Everywhere",
        ),
        Column("days", label="Days", accessor=lambda row: f"{row.min_days} to {row.max_days}"),
        MoneyColumn(
            "base", label="Price", accessor=lambda row: Money(row.base_minor, row.currency)
        ),
        BooleanColumn("is_active", label="Offered"),
    ]  # fmt: skip

    def get_header_buttons(self) -> list[HeaderButton]:
        address = reverse("backoffice:stuck_labels")
        return [HeaderButton("Stuck labels", url=address, icon_name="warning")]

    def get_base_queryset(self) -> Any:
        return ShippingMethod.objects.select_related("seller", "carrier", "zone")


class StuckLabels(StaffScreen, Listing):
    """Labels that were asked for, or are given back, without an outcome; the oldest first."""

    right = "manage_shipping"
    page_title = "Stuck labels"
    header_icon = "warning"
    index_url_name = "backoffice:stuck_labels"
    index_results_url_name = "backoffice:stuck_labels_results"
    default_ordering = "asked_at"
    is_searchable = True
    search_fields = ["seller__name", "tracking_number", "carrier_name"]
    paginate_by = 50
    verbose_name_plural = "stuck labels"
    when_empty = "No label is stuck."
    columns = [
        TitleColumn(
            "order", label="Order", accessor="seller_order.number",
            get_url=lambda row: reverse("backoffice:order", args=[row.seller_order.order.number]),
        ),
        Column("seller", label="Seller"),
        Column("what", label="What", accessor=lambda row: _what(row)),
        Column("carrier", label="Carrier", accessor=lambda row: _carrier(row)),
        MoneyColumn(
            "cost", label="Price",
            accessor=lambda row: Money(
                row.most_minor if row.cost_minor is None else row.cost_minor, row.currency
            ),
        ),
        DateColumn("asked_at", label="Asked", sort_key="asked_at"),
        DateColumn("tried_at", label="Last tried", sort_key="tried_at"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        found = Label.objects.filter(pk__in=fulfillment.stuck_labels())
        return found.select_related("seller", "seller_order__order")

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("Ways to ship", url=reverse("backoffice:shipping"), icon_name="truck")]


def _what(label: Label) -> str:
    way = "Label of a return" if label.is_return else "Label"
    if label.state == Label.State.VOIDING:
        return f"{way}: being given back, the carrier does not answer"
    if label.state == Label.State.ASKED:
        return f"{way}: being bought, the carrier does not answer"
    return f"{way}: bought, but there is no sheet to print"


def _carrier(label: Label) -> str:
    return f"{label.carrier_name.upper()} {label.service} {label.tracking_number}".strip()
