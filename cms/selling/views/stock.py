"""Stock and prices of many SKUs at once."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels
from commerce.inventory.models import Stock
from commerce.inventory.types import LocationData, StockWrite
from commerce.pricing import operations as pricing
from commerce.pricing import queries as prices
from commerce.pricing.types import PriceInput

from .. import queries, shelf
from ..policy import Work
from ..stock_forms import GridRow, rows_of
from .base import SellerScreen

PER_PAGE = 50


class StockGrid(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Every SKU that can be sold. Good rows are saved, the others say what is wrong."""

    work = Work.CONTENT
    page_title = "Stock and prices"
    header_icon = "boxes"
    template_name = "admin/selling/stock.html"

    @cached_property
    def places(self) -> list[LocationData]:
        shelf.home_location(seller_id=self.seller_id)
        return levels.locations_of(seller_id=self.seller_id)

    @cached_property
    def place(self) -> LocationData:
        asked = self.request.GET.get("location", "")
        return next((place for place in self.places if str(place.id) == asked), self.places[0])

    @cached_property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()

    @cached_property
    def page(self) -> Page:
        variants = queries.own_variants(seller_id=self.seller_id)
        if self.query:
            words = Q(sku__icontains=self.query) | Q(product__name__icontains=self.query)
            variants = variants.filter(words)
        if self.is_low:
            variants = variants.filter(pk__in=self._low())
        ordered = variants.order_by("product__name", "product_id", "position", "pk")
        number = (
            None if self.is_low and self.request.method == "POST" else self.request.GET.get("p")
        )
        return Paginator(ordered, PER_PAGE).get_page(number)

    @property
    def is_low(self) -> bool:
        return self.request.GET.get("show") == "low"

    def _low(self) -> Any:
        """Return what runs low, and of a form what it showed: a sale meanwhile changes no row."""
        if self.request.method != "POST":
            return queries.low_stock(seller_id=self.seller_id).order_by().values("variant")
        named = (key.removeprefix("seen-version-") for key in self.request.POST)
        ids = [int(name) for name in named if name.isdecimal() and len(name) < 19]
        return ids[:PER_PAGE]

    @cached_property
    def rows(self) -> list[GridRow]:
        shown = list(self.page.object_list)
        ids = [variant.pk for variant in shown]
        at_place = {
            variant_id: level
            for variant_id, found in levels.levels(variant_ids=ids).items()
            for level in found
            if level.location_id == self.place.id
        }
        current = prices.prices_of(variant_ids=ids, currency=settings.BASE_CURRENCY)
        return rows_of(variants=shown, levels=at_place, prices=current)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            self._lock()
            for row in self.rows:
                row.read(request.POST)
            self._save_counts([row for row in self.rows if row.wants_count])
            self._save_prices([row for row in self.rows if row.wants_price])
        if carried := [row.variant.sku for row in self.rows if row.carried]:
            messages.info(
                request,
                "Sales came between. What you changed was applied on top of them: "
                f"{', '.join(carried)}.",
            )
        wrong = [row for row in self.rows if row.errors]
        for row in self.rows:
            row.saved = bool(row.changed) and not row.errors
        if saved := sum(row.saved for row in self.rows):
            messages.success(request, f"{saved} SKU{'' if saved == 1 else 's'} saved.")
        if not wrong:
            return redirect(request.get_full_path())
        messages.error(
            request, f"{len(wrong)} SKU{'' if len(wrong) == 1 else 's'} could not be saved."
        )
        self._refresh()
        return self.render_to_response(self.get_context_data(), status=422)

    def _lock(self) -> None:
        """Let no sale come between what is compared and what is written."""
        ids = [variant.pk for variant in self.page.object_list]
        rows = Stock.objects.select_for_update().filter(variant__in=ids, location_id=self.place.id)
        list(rows.order_by("pk").values_list("pk"))

    def _save_counts(self, rows: list[GridRow]) -> None:
        answers = inventory.write_rows(
            seller_id=self.seller_id,
            source="grid",
            rows=[
                StockWrite(
                    sku=row.variant.sku,
                    location=self.place.name,
                    on_hand=row.cleaned["on_hand"],
                    version=row.seen_version,
                    if_on_hand=int(row.seen["on_hand"]),
                )
                for row in rows
            ],
        )
        for row, answer in zip(rows, answers, strict=True):
            row.take(answer)

    def _save_prices(self, rows: list[GridRow]) -> None:
        pricing.set_prices(
            prices=[
                PriceInput(
                    variant_id=row.id,
                    currency=settings.BASE_CURRENCY,
                    amount_minor=row.cleaned["price"],
                    compare_at_minor=row.cleaned["compare_at"],
                )
                for row in rows
            ]
        )

    def _refresh(self) -> None:
        """Show saved rows as they are now and keep what was typed into the others."""
        typed = self.rows
        del self.rows
        for row, before in zip(self.rows, typed, strict=True):
            row.typed = {} if before.saved else before.typed
            row.errors = before.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "is_owner": self.is_owner,
            "missing": len(levels.unfulfillable(seller_id=self.seller_id)),
            "rows": self.rows,
            "page": self.page,
            "page_range": self.page.paginator.get_elided_page_range(self.page.number),
            "places": self.places,
            "place": self.place,
            "query": self.query,
            "is_low": self.is_low,
            "currency": settings.BASE_CURRENCY,
        }
