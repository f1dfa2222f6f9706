"""One SKU: where it lies, how it is sold, and everything that ever moved it."""

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.catalog.models import Variant
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels
from commerce.inventory.types import LocationData, PolicyData, StockLevel
from commerce.kernel.spreadsheet import Cell

from .. import queries, shelf
from ..exports import BATCH, MOST_LINES, TooMuch, check_size, table_file
from ..policy import Work
from ..sku_forms import (
    CHANGES,
    KIND_NAMES,
    ChangeForm,
    CustomsForm,
    LowHereForm,
    MovesForm,
    PolicyForm,
    TransferForm,
)
from .base import SellerScreen

SHOWN = 100


class SkuScreen(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Five forms, told apart by their button; each saves for itself."""

    work = Work.CONTENT
    parent = ("selling:stock", "Stock and prices")
    header_icon = "boxes"
    template_name = "admin/selling/sku.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.forms: dict[str, forms.Form] = {}

    def get_page_title(self) -> str:
        return self.variant.sku

    @cached_property
    def variant(self) -> Variant:
        own = queries.own_variants(seller_id=self.seller_id)
        variant = own.filter(pk=self.kwargs["variant_id"]).first()
        if variant is None:
            raise Http404
        return variant

    @cached_property
    def places(self) -> list[LocationData]:
        shelf.home_location(seller_id=self.seller_id)
        return levels.locations_of(seller_id=self.seller_id)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        steps = {
            "policy": self._policy,
            "change": self._change,
            "transfer": self._transfer,
            "customs": self._customs,
            "low-here": self._low_here,
        }
        step = steps.get(request.POST.get("do", ""))
        if step is None:
            raise Http404
        done = step()
        if not done:
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, done)
        return redirect(reverse("selling:sku", args=[self.variant.pk]))

    def _policy(self) -> str:
        form = self.forms["policy"] = PolicyForm(self.request.POST)
        if not form.is_valid():
            return ""
        try:
            inventory.set_policy(variant_id=self.variant.pk, policy=form.as_policy())
        except inventory.InvalidPolicy as refusal:
            form.add_error(refusal.field, str(refusal))
        except inventory.SwitchBusy:
            form.add_error("by_unit", "Too many are buying it this minute. Try again.")
        else:
            return "Saved. It holds for new orders; what was promised before stays promised."
        return ""

    def _customs(self) -> str:
        form = self.forms["customs"] = CustomsForm(self.request.POST)
        if not form.is_valid():
            return ""
        ids = [self.variant.pk]
        if form.cleaned_data["for_all"]:
            own = queries.own_variants(seller_id=self.seller_id)
            ids = list(own.filter(product=self.variant.product_id).values_list("pk", flat=True))
        try:
            fulfillment.set_customs(variant_ids=ids, item=form.as_item())
        except fulfillment.InvalidCustoms as refusal:
            field = "value" if refusal.field == "value_minor" else refusal.field
            form.add_error(field, str(refusal))
            return ""
        return "Saved for all variants." if len(ids) > 1 else "Saved. New labels declare it."

    def _change(self) -> str:
        form = self.forms["change"] = ChangeForm(self.request.POST, places=self.places)
        if not form.is_valid():
            return ""
        given = form.cleaned_data
        try:
            now = inventory.adjust(
                variant_id=self.variant.pk,
                location_id=int(given["location"]),
                delta=given["delta"],
                cause=given["note"] or dict(CHANGES)[given["kind"]],
                kind=given["kind"],
            )
        except inventory.BelowReserved as refusal:
            form.add_error("delta", f"{refusal.reserved} are promised to shoppers. Keep as many.")
        except inventory.NegativeStock:
            form.add_error("delta", "There are not as many, or too many to count.")
        else:
            return f"Saved. {now} are on hand there now."
        return ""

    def _transfer(self) -> str:
        form = self.forms["transfer"] = TransferForm(self.request.POST, places=self.places)
        if not form.is_valid():
            return ""
        given = form.cleaned_data
        try:
            inventory.transfer(
                variant_id=self.variant.pk,
                from_location=int(given["source"]),
                to_location=int(given["target"]),
                quantity=given["quantity"],
                cause="moved by the seller",
            )
        except inventory.NotEnoughThere as refusal:
            form.add_error("quantity", f"{refusal.free} are free there.")
        except inventory.NegativeStock:
            form.add_error("quantity", "That is more than a location can hold.")
        else:
            return "The units were moved."
        return ""

    def _low_here(self) -> str:
        form = self.forms["low-here"] = LowHereForm(self.request.POST, rows=self.rows)
        if not form.is_valid():
            return ""
        inventory.set_low_here(variant_id=self.variant.pk, thresholds=form.thresholds())
        return "Saved. You are told once whenever a location falls to its number."

    @cached_property
    def rows(self) -> list[tuple[str, StockLevel]]:
        """What lies where, by the names of the seller's own locations."""
        names = {place.id: place.name for place in self.places}
        shown = levels.levels(variant_ids=[self.variant.pk]).get(self.variant.pk, [])
        return [(names[row.location_id], row) for row in shown if row.location_id in names]

    def _moves(self) -> dict[str, Any]:
        """One page of what moved the SKU, as it was narrowed."""
        form = MovesForm(self.request.GET, places=self.places)
        wanted = {"variant_ids": [self.variant.pk], **form.wanted()}
        pages = Paginator(range(levels.count_movements(**wanted)), SHOWN)
        page = pages.get_page(self.request.GET.get("p"))
        found = levels.movements(**wanted, limit=SHOWN, offset=max(page.start_index() - 1, 0))
        return {
            "moves_form": form,
            "moves_page": page,
            "moves_range": pages.get_elided_page_range(page.number),
            "moves": [(KIND_NAMES[move.kind], move) for move in found],
        }

    def _kept_customs(self) -> CustomsForm:
        kept = parcels.customs_of(variant_ids=[self.variant.pk]).get(self.variant.pk)
        return CustomsForm(initial=CustomsForm.initial_of(kept))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        ids = [self.variant.pk]
        policy = levels.policies(variant_ids=ids).get(self.variant.pk, PolicyData())
        typed = self.forms.get("low-here")
        low_form = cast("LowHereForm", typed) if typed else LowHereForm(rows=self.rows)
        return {
            **super().get_context_data(**kwargs),
            **self._moves(),
            "variant": self.variant,
            "rows": [(name, row, low_form.of(row.location_id)) for name, row in self.rows],
            "stock": levels.available(variant_ids=ids).get(self.variant.pk),
            "policy": policy,
            "policy_form": self.forms.get("policy") or PolicyForm(initial=vars(policy)),
            "customs_form": self.forms.get("customs") or self._kept_customs(),
            "change_form": self.forms.get("change") or ChangeForm(places=self.places),
            "transfer_form": (self.forms.get("transfer") or TransferForm(places=self.places))
            if len(self.places) > 1
            else None,
            "conflicts": levels.conflicts(variant_ids=ids, limit=10),
        }


class MovesFile(SkuScreen):
    """The same movements, narrowed alike, for a spreadsheet."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        wanted = MovesForm(request.GET, places=self.places).wanted()
        lines = levels.count_movements(variant_ids=[self.variant.pk], **wanted)
        try:
            check_size(lines=lines, kind="csv")
        except TooMuch:
            most = f"{MOST_LINES['csv']:,}"
            messages.error(
                request, f"{lines:,} movements are too many for one file of {most}. Narrow them."
            )
            return redirect(reverse("selling:sku", args=[self.variant.pk]))
        name = f"movements-{slugify(self.variant.sku) or self.variant.pk}"
        return table_file(move_rows(self.variant, wanted), kind="csv", name=name)


def move_rows(variant: Variant, wanted: dict[str, Any]) -> Iterator[list[Cell]]:
    """Return one row per movement, headings first, read some hundred at a time."""
    yield ["SKU", "When (UTC)", "What", "Where", "Units", "Then on hand", "Why", "Reference", "By"]
    last = None
    while True:
        found = levels.movements(variant_ids=[variant.pk], limit=BATCH, before=last, **wanted)
        for move in found:
            yield [
                variant.sku, move.at.isoformat(timespec="seconds"), KIND_NAMES[move.kind],
                move.location_name, move.delta, move.on_hand, move.cause, move.reference,
                move.actor,
            ]  # fmt: skip
        if len(found) < BATCH:
            return
        last = found[-1].id
