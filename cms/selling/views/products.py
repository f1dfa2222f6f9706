"""A seller's products: list, new product, SKUs, archive."""

from dataclasses import replace
from typing import Any, cast

import django_filters
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView, WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from cms.pages.proposed import in_words
from commerce.catalog import operations as catalog
from commerce.catalog import queries as catalog_queries
from commerce.catalog.models import Product
from commerce.kernel.money import Money

from .. import product_forms, proposals, queries, refusals, shelf
from ..drafts import Option, ProductDraft
from ..policy import Work
from ..product_forms import OptionsForm, ProductForm, VariantFormSet
from ..refusals import sentence
from ..states import PAGE_STATES
from ..tables import CountColumn, MoneyColumn, StateColumn
from .base import SellerScreen

SAVED = {
    shelf.Saved.AT_ONCE: "The SKUs are saved.",
    shelf.Saved.ASKED: "A moderator reads the new options first. Until then shoppers see the"
    " product as it is, and you will get a mail.",
    shelf.Saved.DRAFTED: "The new options wait along with the changes of the page that are not"
    " submitted yet. Submit the page, and shoppers see both once a moderator has approved them.",
}


def _price_from(product: Any) -> Money | None:
    minor = product.price_from
    return None if minor is None else Money(minor, settings.BASE_CURRENCY)


class ProductStateColumn(StateColumn):
    """The page's state; a version that waits beside the live one is said below it."""

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        if instance.page_state == "live" and instance.waits:
            context["below"] = "Changes wait for approval"
        elif instance.page_state == "live" and instance.has_changes:
            context["below"] = "Changes not submitted"
        elif instance.page_id is None and instance.page_state == "draft":
            context["below"] = "No page yet"
        return context


class ProductFilter(WagtailFilterSet):
    page_state = django_filters.MultipleChoiceFilter(
        label="State", choices=list(PAGE_STATES.items()), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Product
        fields: list[str] = []


class ProductList(SellerScreen, BaseListingView):
    """Own products with their page's state, SKUs and stock."""

    work = Work.CONTENT
    page_title = "Products"
    header_icon = "tag"
    index_url_name = "selling:products"
    index_results_url_name = "selling:products_results"
    default_ordering = "-created_at"
    filterset_class = ProductFilter
    is_searchable = True
    search_fields = ["name", "brand"]
    paginate_by = 25
    verbose_name_plural = "products"
    columns = [
        TitleColumn(
            "name", label="Product", sort_key="name",
            get_url=lambda row: reverse("selling:product", args=[row.pk]),
        ),
        Column("brand", label="Brand", sort_key="brand"),
        CountColumn("skus", label="SKUs", sort_key="skus"),
        CountColumn("available", label="Available", accessor=lambda row: row.available or 0),
        MoneyColumn("price", label="Price from", accessor=_price_from),
        ProductStateColumn("page_state", label="State", kind="page"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return queries.own_products(seller_id=self.seller_id)

    def get_header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton("New product", url=reverse("selling:product_new"), icon_name="plus")]


class VariantTableScreen(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """A form above, the table of SKUs that it makes below; everything without JavaScript."""

    work = Work.CONTENT
    parent = ("selling:products", "Products")
    header_icon = "tag"
    form: OptionsForm
    rows: Any = None

    def mark_rows(self, error: Exception) -> None:
        """Show what the catalog refused beside the row it is about."""
        sku = getattr(error, "sku", None)
        for row in self.rows.forms:
            if sku is not None and row.cleaned_data.get("sku") == sku:
                row.add_error("sku", sentence(error))
                return
        self.form.add_error(None, sentence(error))

    def show(self, status: int = 200) -> HttpResponse:
        return self.render_to_response(self.get_context_data(), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "form": self.form, "rows": self.rows}

    def chosen(self) -> list[Any]:
        """The rows that are to become SKUs; says so when there is none."""
        drafts = [row.draft() for row in self.rows.forms if row.cleaned_data.get("include")]
        if not drafts:
            self.form.add_error(None, "Keep at least one SKU.")
        return drafts


class NewProduct(VariantTableScreen):
    """First what the product is, then its SKUs; then on to the page's editor."""

    page_title = "New product"
    template_name = "admin/selling/product_new.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ProductForm()
        return self.show()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = form = ProductForm(request.POST)
        saving = "save" in request.POST
        if saving:
            self.rows = VariantFormSet(request.POST, prefix="skus")
        if not form.is_valid() or (saving and not self.rows.is_valid()):
            return self.show(status=422)
        if not saving:
            return self._offer_rows(form)
        page_id = self._save(form)
        if page_id is None:
            return self.show(status=422)
        messages.success(
            request, "The product is set up. Add a description, pictures and a category."
        )
        return redirect("wagtailadmin_pages:edit", page_id)

    def _offer_rows(self, form: ProductForm) -> HttpResponse:
        combinations = form.combine()
        if combinations is None:
            return self.show(status=422)
        initial = product_forms.fresh_rows(form=form, combinations=combinations)
        self.rows = VariantFormSet(initial=initial, prefix="skus")
        return self.show()

    def _save(self, form: ProductForm) -> int | None:
        drafts = self.chosen()
        if not drafts:
            return None
        given = form.cleaned_data
        draft = ProductDraft(
            name=given["name"],
            brand=given["brand"],
            type_code=given["type_code"],
            options=form.options,
            variants=tuple(drafts),
        )
        try:
            return shelf.start_product(
                seller_id=self.seller_id, user_id=cast("int", self.request.user.pk), draft=draft
            )
        except refusals.ALL as error:
            self.mark_rows(error)
        return None


class ProductScreen(SellerScreen):
    """One product, found among the seller's own only."""

    work = Work.CONTENT
    kwargs: dict[str, Any]

    @cached_property
    def product(self) -> Any:
        own = queries.own_products(seller_id=self.seller_id)
        product = own.filter(pk=self.kwargs["product_id"]).first()
        if product is None:
            raise Http404
        return product

    def here(self) -> HttpResponse:
        return redirect("selling:product", self.product.pk)


class ProductDetail(ProductScreen, VariantTableScreen):
    """A product's SKUs, where its page is, and the archive."""

    template_name = "admin/selling/product.html"

    def get_page_title(self) -> str:
        return str(self.product.name)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = OptionsForm(initial=self._options())
        self.rows = self._table(self._combinations())
        return self.show()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = OptionsForm(request.POST)
        saving = "save" in request.POST
        if saving:
            self.rows = VariantFormSet(request.POST, prefix="skus")
        if not self.form.is_valid() or (saving and not self.rows.is_valid()):
            return self.show(status=422)
        if not saving:
            combinations = self.form.combine()
            self.rows = self._table(combinations or self._combinations())
            return self.show(status=200 if combinations else 422)
        saved = self._save(self.form.options)
        if saved is None:
            return self.show(status=422)
        messages.success(request, SAVED[saved])
        return self.here()

    def _save(self, options: tuple[Option, ...]) -> shelf.Saved | None:
        known = {variant.sku for variant in self.known}
        drafts = [
            # What is sold already has its price and count changed in the grid alone.
            replace(draft, price_minor=None, on_hand=None) if draft.sku in known else draft
            for draft in self.chosen()
        ]
        if not drafts:
            return None
        try:
            return shelf.save_variants(
                seller_id=self.seller_id,
                user_id=cast("int", self.request.user.pk),
                product_id=self.product.pk,
                options=options,
                variants=drafts,
            )
        except refusals.ALL as error:
            self.mark_rows(error)
        return None

    @cached_property
    def known(self) -> list[Any]:
        found = catalog_queries.variants_of(product_ids=[self.product.pk], include_inactive=True)
        return found.get(self.product.pk, [])

    def _options(self) -> dict[str, str]:
        """Fill the options with what the active SKUs have, in their order."""
        initial = {}
        active = [variant for variant in self.known if variant.is_active]
        for number, name in enumerate(self.product.options[: product_forms.MAX_OPTIONS]):
            values = dict.fromkeys(
                variant.option_values[number]
                for variant in active
                if len(variant.option_values) > number
            )
            initial[f"option{number + 1}"] = name
            initial[f"values{number + 1}"] = ", ".join(values)
        return initial

    def _combinations(self) -> list[tuple[str, ...]]:
        return [tuple(variant.option_values) for variant in self.known if variant.is_active]

    def _table(self, combinations: list[tuple[str, ...]]) -> Any:
        initial = product_forms.known_rows(
            known=self.known, combinations=combinations, prefix=self.product.handle[:24]
        )
        return VariantFormSet(initial=initial, prefix="skus")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposed = in_words(proposals.waiting(product_id=self.product.pk))
        return {
            **super().get_context_data(**kwargs),
            "product": self.product,
            "proposed": proposed,
        }

    def get_header_buttons(self) -> list[HeaderButton]:
        if self.product.page_id is None:
            return []
        address = reverse("wagtailadmin_pages:edit", args=[self.product.page_id])
        return [HeaderButton("Edit page", url=address, icon_name="edit")]


class ProductPresented(ProductScreen, View):
    """Give a product that has no page a draft."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page_id = shelf.present(
            seller_id=self.seller_id,
            user_id=cast("int", request.user.pk),
            product_id=self.product.pk,
        )
        return redirect("wagtailadmin_pages:edit", page_id)


class ProductArchived(ProductScreen, View):
    """Take a product off sale, or put it back."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.product.state == Product.State.ARCHIVED:
            catalog.restore_product(product_id=self.product.pk)
            messages.success(request, f"{self.product.name} is back.")
        else:
            catalog.archive_product(product_id=self.product.pk)
            messages.success(request, f"{self.product.name} is off sale. Orders are not touched.")
        return self.here()
