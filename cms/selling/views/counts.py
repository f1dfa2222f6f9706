"""Counting what lies on the shelves, and what a count did not find of paid orders."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.catalog import queries as catalog
from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels
from commerce.inventory.types import CountData, CountRow

from .. import queries, shelf
from ..policy import Work
from .base import SellerScreen

PER_PAGE = 100
MOST_DIGITS = 10


class CountScreen(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    work = Work.ANYONE
    header_icon = "clipboard-list"


class Counts(CountScreen):
    """Every count with its accuracy, and a form to begin one."""

    page_title = "Counts"
    template_name = "admin/selling/counts.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.POST.get("location", "")
        try:
            sheet_id = inventory.start_count(
                seller_id=self.seller_id,
                location_id=_number(asked) or 0,
                scheduled="scheduled" in request.POST,
            )
        except inventory.LocationUnknown:
            messages.error(request, "Choose one of your locations.")
            return redirect("selling:counts")
        return redirect(reverse("selling:count", args=[sheet_id]))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shelf.home_location(seller_id=self.seller_id)
        return {
            **super().get_context_data(**kwargs),
            "places": levels.locations_of(seller_id=self.seller_id),
            "plans": levels.count_plans(seller_ids=[self.seller_id]),
            "counts": levels.counts_of(seller_id=self.seller_id),
            "may_plan": self.workspace.role in Work.CONTENT.value,
            "accuracy": levels.accuracy(seller_ids=[self.seller_id]).get(self.seller_id),
        }


class CountSheetScreen(CountScreen):
    """One page of SKUs with what should lie there; numbers are saved page by page."""

    parent = ("selling:counts", "Counts")
    template_name = "admin/selling/count.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.typed: dict[int, str] = {}
        self.errors: dict[int, str] = {}

    def get_page_title(self) -> str:
        return f"Count of {self.count.location_name}"

    @cached_property
    def count(self) -> CountData:
        count = levels.count_of(seller_id=self.seller_id, sheet_id=self.kwargs["sheet_id"])
        if count is None:
            raise Http404
        return count

    @cached_property
    def page(self) -> Page:
        rows = levels.count_rows(sheet_id=self.count.id)
        return Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return self._step(request)
        except inventory.CountEnded:
            messages.error(request, "This count has ended. Begin a new one.")
            return redirect("selling:counts")

    def _step(self, request: HttpRequest) -> HttpResponse:
        doing = {"seller_id": self.seller_id, "sheet_id": self.count.id}
        if request.POST.get("do") == "drop":
            inventory.drop_count(**doing)
            messages.success(request, "The count was dropped. Nothing was changed.")
            return redirect("selling:counts")
        counted = self._read(request)
        if self.errors:
            return self.render_to_response(self.get_context_data(), status=422)
        if counted:
            inventory.enter_counts(**doing, counted=counted)
        if request.POST.get("do") == "apply":
            changed = inventory.apply_count(**doing)
            messages.success(request, f"Applied. {changed} SKUs differed and were corrected.")
            self._tell_what_is_left(request)
            return redirect("selling:counts")
        messages.success(request, "Saved. Apply the count when all numbers are in.")
        return redirect(request.get_full_path())

    def _tell_what_is_left(self, request: HttpRequest) -> None:
        ended = levels.count_of(seller_id=self.seller_id, sheet_id=self.count.id)
        if ended is not None and not ended.complete:
            messages.warning(
                request, "Some SKUs with stock have no number, so this is no whole count."
            )

    def _read(self, request: HttpRequest) -> dict[int, int | None]:
        """Return the numbers that differ from what was shown; those that are none say so."""
        counted: dict[int, int | None] = {}
        for row in self.page.object_list:
            text = request.POST.get(f"counted-{row.stock_id}", "").strip()
            before = "" if row.counted is None else str(row.counted)
            if f"counted-{row.stock_id}" not in request.POST or text == before:
                continue
            self.typed[row.stock_id] = text
            number = _number(text)
            if text and (number is None or number > inventory.MAX_ON_HAND):
                self.errors[row.stock_id] = "Enter a whole number, 0 or more."
            counted[row.stock_id] = number
        return counted

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows: list[CountRow] = list(self.page.object_list)
        variants = catalog.variants(variant_ids=[row.variant_id for row in rows])
        products = catalog.products(product_ids={each.product_id for each in variants.values()})
        return {
            **super().get_context_data(**kwargs),
            "count": self.count,
            "page": self.page,
            "page_range": self.page.paginator.get_elided_page_range(self.page.number),
            "rows": [
                {
                    "row": row,
                    "variant": variants[row.variant_id],
                    "name": products[variants[row.variant_id].product_id].name,
                    "value": self.typed.get(
                        row.stock_id, "" if row.counted is None else row.counted
                    ),
                    "error": self.errors.get(row.stock_id, ""),
                }
                for row in rows
            ],
        }


class Shortages(CountScreen):
    """Paid units that are not where they should leave from; each can leave from elsewhere."""

    page_title = "Units missing for paid orders"
    template_name = "admin/selling/shortages.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        missing = next((row for row in self.rows if row["key"] == request.POST.get("row")), None)
        target = _number(request.POST.get("location", "")) or 0
        if missing is None or target not in {place.id for place in missing["places"]}:
            messages.error(request, "That has changed meanwhile. Look again and choose a location.")
            return redirect("selling:shortages")
        part = missing["part"]
        try:
            inventory.move_allocation(
                holder=part.holder,
                variant_id=part.variant_id,
                from_location=part.location_id,
                to_location=target,
                quantity=min(part.quantity, missing["free"][target]),
            )
        except (inventory.NothingToMove, inventory.NotEnoughThere):
            messages.error(request, "Those units are not free there any more. Look again.")
        else:
            messages.success(request, "The order now leaves from there.")
        return redirect("selling:shortages")

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        parts = levels.unfulfillable(seller_id=self.seller_id)
        ids = [part.variant_id for part in parts]
        own = {place.id: place for place in levels.locations_of(seller_id=self.seller_id)}
        variants = catalog.variants(variant_ids=ids)
        numbers = queries.own_order_numbers(
            seller_id=self.seller_id, tokens=[part.holder for part in parts]
        )
        shelves = levels.levels(variant_ids=ids)
        rows = []
        for part in parts:
            free = {
                row.location_id: row.on_hand - row.reserved
                for row in shelves.get(part.variant_id, [])
                if row.on_hand > row.reserved and row.location_id in own
            }
            number = numbers.get(part.holder, "")
            rows.append(
                {
                    # The holder would be the key to the order, which is its shopper's alone.
                    "key": f"{number}:{part.variant_id}:{part.location_id}",
                    "part": part,
                    "sku": variants[part.variant_id].sku,
                    "number": number,
                    "location": own[part.location_id].name,
                    "free": free,
                    "places": [own[place] for place in free],
                }
            )
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "rows": self.rows}


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
