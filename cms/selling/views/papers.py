"""A seller's invoices and credit notes, and what they say of the seller."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets.button import HeaderButton

from commerce.documents import operations
from commerce.documents import queries as documents
from commerce.documents.types import TITLES, DocumentData, LetterheadData
from commerce.kernel.money import Money
from commerce.orders import queries as orders

from .. import queries
from ..paper_forms import DocumentFilter, LetterheadForm
from ..policy import Work
from ..tables import MoneyColumn
from .base import Listing, SellerScreen


class DocumentList(SellerScreen, Listing):
    """Every invoice and credit note, newest first."""

    work = Work.ANYONE
    reveals = "documents.listed"
    page_title = "Invoices"
    header_icon = "doc-full"
    index_url_name = "selling:documents"
    index_results_url_name = "selling:documents_results"
    default_ordering = "-pk"
    filterset_class = DocumentFilter
    is_searchable = True
    search_fields = ["number", "order__number", "seller_order__number"]
    paginate_by = 25
    verbose_name_plural = "invoices"
    when_empty = "You have no invoices yet. The first is issued when a parcel leaves."
    columns = [
        TitleColumn(
            "number", label="Number",
            get_url=lambda row: reverse("selling:document", args=[row.number]),
        ),
        Column("kind", label="Kind", accessor=lambda row: TITLES[row.kind]),
        DateColumn("issued_at", label="Issued", sort_key="issued_at"),
        Column("order", label="Order", accessor="seller_order.number"),
        MoneyColumn(
            "total", label="Total", sort_key="total_minor",
            accessor=lambda row: Money(row.total_minor, row.currency),
        ),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return queries.own_documents(seller_id=self.seller_id)

    def get_header_buttons(self) -> list[HeaderButton]:
        if not self.is_owner:
            return []
        address = reverse("selling:letterhead")
        return [HeaderButton("What invoices say of you", url=address, icon_name="edit")]


class DocumentFile(SellerScreen, View):
    """One of the seller's own papers as PDF."""

    work = Work.ANYONE
    reveals = "document.downloaded"

    def get(self, request: HttpRequest, paper: str) -> HttpResponse:
        found = documents.of_seller(seller_id=self.seller_id, number=paper)
        if found is None:
            raise Http404
        return pdf_file(found)


class IssueInvoice(SellerScreen, View):
    """Issue the invoice of an order before its goods leave, such as to lay it into the parcel."""

    work = Work.ANYONE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        part = orders.seller_order(seller_id=self.seller_id, number=number)
        if part is None:
            raise Http404
        try:
            operations.issue_invoice(seller_order_id=part.id)
            messages.success(request, "The invoice is issued.")
        except operations.NotBillable as refusal:
            messages.error(request, str(refusal))
        return redirect("selling:order", number)


class Letterhead(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Address and tax numbers for all papers to come."""

    work = Work.MONEY
    page_title = "What invoices say of you"
    header_icon = "doc-full"
    parent = ("selling:documents", "Invoices")
    template_name = "admin/selling/letterhead.html"
    form: LetterheadForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        issuer = documents.issuer(seller_id=self.seller_id)
        self.form = LetterheadForm(initial=asdict(issuer.letterhead))
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = LetterheadForm(request.POST)
        if self.form.is_valid() and self._save(self.form.letterhead):
            messages.success(request, "Saved. Invoices that were issued stay as they are.")
            return redirect("selling:documents")
        return self.render_to_response(self.get_context_data(), status=422)

    def _save(self, letterhead: LetterheadData) -> bool:
        try:
            operations.save_letterhead(seller_id=self.seller_id, letterhead=letterhead)
        except operations.InvalidLetterhead as invalid:
            self.form.blame(invalid.errors)
        return not self.form.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "issuer": documents.issuer(seller_id=self.seller_id),
        }


def pdf_file(found: DocumentData) -> HttpResponse:
    """Answer with the PDF of a document."""
    response = HttpResponse(operations.pdf_of(document_id=found.id), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    return response
