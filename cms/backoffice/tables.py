"""Simple lists that staff keep: tax rates and carriers."""

from typing import Any

from django import forms
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail_modeladmin.options import ModelAdmin

from cms.pages.models import CategoryPage
from commerce.fulfillment.models import Carrier
from commerce.pricing.models import TaxRate
from commerce.returns.models import Policy


class Table(ModelAdmin):
    """A list with its forms. Its history is left out: modeladmin shows that to everybody."""

    history_view_enabled = False
    add_to_admin_menu = False


class TaxRateAdmin(Table):
    model = TaxRate
    menu_label = "Tax rates"
    menu_icon = "table"
    list_display = ("country", "region", "tax_class", "name", "percent")
    list_filter = ("tax_class",)
    search_fields = ("country", "region", "name")
    ordering = ("country", "region", "tax_class")
    panels = [
        FieldRowPanel([FieldPanel("country"), FieldPanel("region")]),
        FieldPanel("tax_class"),
        FieldPanel("name"),
        FieldPanel("rate_bps", help_text="Hundredths of a percent: 875 is 8.75 %."),
    ]

    @staticmethod
    def percent(rate: Any) -> str:
        return f"{rate.rate_bps / 100:g} %"


class CarrierAdmin(Table):
    model = Carrier
    menu_label = "Carriers"
    menu_icon = "truck"
    list_display = ("name", "code", "tracking_url", "phone")
    search_fields = ("name", "code")
    ordering = ("name",)
    panels = [
        FieldPanel("name"),
        FieldPanel("code", help_text="Short and stable, such as usps."),
        FieldPanel("tracking_url", help_text="With {number} where the tracking number goes."),
        FieldPanel("phone"),
    ]


class CategorySelect(forms.Select):
    """The shop's categories by what listings name them by."""

    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        live = CategoryPage.objects.live().order_by("title").values_list("translation_key", "title")
        self.choices = [("", "All categories"), *((str(key), title) for key, title in live)]
        return super().optgroups(name, value, attrs)


class ReturnPolicyAdmin(Table):
    model = Policy
    menu_label = "Return policies"
    menu_icon = "rotate"
    list_display = ("name", "seller", "days", "starts_on", "ends_on", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("seller"), FieldPanel("category_key", widget=CategorySelect)]),
        FieldPanel("days"),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
        FieldPanel("exempt_because"),
        FieldPanel("puts_back"),
        FieldPanel("is_active"),
    ]


TABLES = (TaxRateAdmin, CarrierAdmin, ReturnPolicyAdmin)
