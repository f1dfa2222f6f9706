"""Ways in which sellers ship, to look at; each seller keeps its own."""

from typing import Any

from django.urls import reverse
from wagtail.admin.ui.tables import BooleanColumn, Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from cms.selling.tables import MoneyColumn
from commerce.fulfillment.models import ShippingMethod
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

    def get_base_queryset(self) -> Any:
        return ShippingMethod.objects.select_related("seller", "carrier", "zone")
