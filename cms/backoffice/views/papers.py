"""Any paper, for staff; each time somebody takes one is written down."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views import View

from cms.selling.views.papers import pdf_file
from commerce.documents import queries as documents

from .base import StaffScreen


class DocumentFile(StaffScreen, View):
    """One paper as PDF."""

    right = "view_orders"
    reveals = "document.downloaded"

    def get(self, request: HttpRequest, paper: str) -> HttpResponse:
        found = documents.by_number(number=paper)
        if found is None:
            raise Http404
        return pdf_file(found)
