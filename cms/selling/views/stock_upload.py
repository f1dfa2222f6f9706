"""Counts from a file: looked through first, written when the seller says so."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels

from ..exports import csv_file
from ..policy import Work
from ..stock_files import MAX_BYTES, NONE, FileRefused, Line, read_lines
from .base import SellerScreen

OUTCOMES = {
    "set": "Set", "adjusted": "Changed", "unchanged": "As it is",
    "carried": "Applied on top of sales",
    "conflict": "Refused: somebody changed it meanwhile. Download the counts again.",
    "below-reserved": "Refused: more are promised to shoppers.",
    "out-of-range": "Refused: below zero, or too many.",
    "unknown-sku": "Refused: you have no such SKU.",
    "unknown-location": "Refused: you have no such location.",
    "threshold-conflict": "Refused: somebody changed the threshold meanwhile. Download again.",
    "duplicate": "Refused: this SKU stands in another row for the same location.",
}  # fmt: skip


class UploadForm(forms.Form):
    file = forms.FileField(label="CSV file", required=False)
    text = forms.CharField(required=False, max_length=MAX_BYTES, widget=forms.HiddenInput)


class StockUpload(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Show what a file would change, row by row; change it at the second press."""

    work = Work.CONTENT
    page_title = "Upload counts and thresholds"
    header_icon = "upload"
    parent = ("selling:stock", "Stock and prices")
    template_name = "admin/selling/stock_upload.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.form = UploadForm()
        self.lines: list[Line] = []
        self.text = ""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = UploadForm(request.POST, request.FILES)
        if not self.form.is_valid():
            self.form.add_error("file", "The file cannot be read. Choose it again.")
            return self.render_to_response(self.get_context_data(), status=422)
        given = self.form.cleaned_data
        try:
            data = given["file"].read(MAX_BYTES + 1) if given["file"] else given["text"].encode()
            self.text, self.lines = read_lines(data)
        except FileRefused as refusal:
            self.form.add_error("file", str(refusal))
            return self.render_to_response(self.get_context_data(), status=422)
        doing = request.POST.get("do") == "apply" and not given["file"]
        self._write(dry_run=not doing)
        if not doing:
            return self.render_to_response(self.get_context_data())
        return self._tell(request)

    def _write(self, *, dry_run: bool) -> None:
        good = [line for line in self.lines if line.write is not None]
        answers = inventory.write_rows(
            seller_id=self.seller_id,
            source="csv",
            dry_run=dry_run,
            rows=[line.write for line in good if line.write is not None],
        )
        for line, answer in zip(good, answers, strict=True):
            line.outcome, line.on_hand, line.is_done = (
                OUTCOMES[answer.outcome], answer.on_hand, answer.is_done,
            )  # fmt: skip

    def _tell(self, request: HttpRequest) -> HttpResponse:
        done = sum(line.is_done for line in self.lines)
        if done == len(self.lines):
            messages.success(request, f"{done} rows were applied.")
            return redirect("selling:stock")
        messages.warning(
            request, f"{done} rows were applied, {len(self.lines) - done} were not: see below."
        )
        self.text = ""
        return self.render_to_response(self.get_context_data(), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "lines": self.lines,
            "good": sum(line.is_done for line in self.lines),
            "text": self.text,
        }


class StockFile(SellerScreen, TemplateView):
    """The counts as a file that can be changed and uploaded again."""

    work = Work.CONTENT

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows, mark = levels.stock_page(seller_id=self.seller_id, skus=[], after=0, limit=1000)
        while mark is not None:
            more, mark = levels.stock_page(
                seller_id=self.seller_id, skus=[], after=mark, limit=1000
            )
            rows += more
        table: list[list[Any]] = [
            ["sku", "location", "on_hand", "version", "threshold", "if_threshold"]
        ]
        for row in rows:
            low = NONE if row["threshold"] is None else row["threshold"]
            table.append([row["sku"], row["location"], row["on_hand"], row["version"], low, low])
        return csv_file(table, name="stock.csv")
