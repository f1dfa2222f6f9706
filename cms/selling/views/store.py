"""The seller's own page, as shoppers see it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View

from cms.pages.models import SellerPage

from ..policy import Work
from .base import SellerScreen


class Store(SellerScreen, View):
    """Lead to the public address, wherever the page stands by now."""

    work = Work.ANYONE
    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        page = SellerPage.objects.filter(pk=self.workspace.page_id).first()
        address = page.get_url(request) if page else None
        if not address:
            raise Http404
        return redirect(address)
