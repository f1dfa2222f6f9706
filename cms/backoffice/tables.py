"""Simple lists that staff keep: kinds of products, tax rates and carriers."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.log_actions import log
from wagtail_modeladmin.options import ModelAdmin
from wagtail_modeladmin.views import DeleteView

from cms.pages.models import CategoryPage
from commerce.catalog.models import ProductType
from commerce.fulfillment.models import Carrier
from commerce.pricing.models import TaxRate
from commerce.returns.models import Policy

from .table_forms import ProductTypeForm, TaxRateForm


class DeleteUnused(DeleteView):
    """What is in use stays, and whoever wants to delete it is told so."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                log(instance=self.instance, action="wagtail.delete")
                self.delete_instance()
        except ProtectedError:
            messages.error(request, f"“{self.instance}” is in use, so it stays.")
        else:
            messages.success(request, f"“{self.instance}” was deleted.")
        return redirect(self.index_url)


class Table(ModelAdmin):
    """A list with its forms. Its history is left out: modeladmin shows that to everybody."""

    delete_view_class = DeleteUnused
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
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("country"), FieldPanel("region")]),
            FieldPanel("tax_class"),
            FieldPanel("name", help_text="What shoppers read beside the amount."),
            FieldPanel("rate_bps", help_text="Hundredths of a percent: 875 is 8.75 %."),
        ],
        base_form_class=TaxRateForm,
    )

    @staticmethod
    def percent(rate: Any) -> str:
        return f"{rate.rate_bps / 100:g} %"


class ProductTypeAdmin(Table):
    model = ProductType
    menu_label = "Kinds of products"
    menu_icon = "tag"
    list_display = ("name", "code", "tax_class")
    list_filter = ("tax_class",)
    search_fields = ("name", "code")
    ordering = ("name",)
    edit_handler = ObjectList(
        [
            FieldPanel("name", help_text="What sellers choose from, such as Children's books."),
            FieldPanel(
                "tax_class",
                help_text="Where a place has no rate for the class, it is not taxed there.",
            ),
        ],
        base_form_class=ProductTypeForm,
    )


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
    list_display = ("name", "seller", "days", "starts_on", "ends_on", "returns_until", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("seller"), FieldPanel("category_key", widget=CategorySelect)]),
        FieldPanel("days"),
        FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
        FieldPanel("returns_until"),
        FieldPanel("exempt_because"),
        FieldPanel("puts_back"),
        FieldPanel("label_payer"),
        FieldPanel("is_active"),
    ]


TABLES = (ProductTypeAdmin, TaxRateAdmin, CarrierAdmin, ReturnPolicyAdmin)
