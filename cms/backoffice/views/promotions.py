"""Promotions of the marketplace, which it bears; and a look at those of sellers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.widgets.button import HeaderButton

from cms.selling.promotion_forms import StaffPromotionForm
from cms.selling.views.promotions import PromotionEditor, columns, with_uses
from commerce.pricing import operations as pricing
from commerce.pricing.models import Promotion

from .base import StaffScreen


class PromotionList(StaffScreen, BaseListingView):
    """Newest first: those of the marketplace, or what sellers give."""

    right = "manage_promotions"
    page_title = "Promotions"
    header_icon = "tag"
    index_url_name = "backoffice:promotions"
    index_results_url_name = "backoffice:promotions_results"
    is_searchable = True
    search_fields = ["label", "code", "seller__name"]
    paginate_by = 50
    verbose_name_plural = "promotions"
    columns = [
        *columns("backoffice:promotion"),
        Column("seller", label="Borne by", accessor=lambda row: row.seller or "the marketplace"),
    ]

    def get_base_queryset(self) -> Any:
        return with_uses(Promotion.objects.select_related("seller"))

    def get_header_buttons(self) -> list[HeaderButton]:
        url = reverse("backoffice:promotion_new")
        return [HeaderButton("New promotion", url=url, icon_name="plus")]


class EditPromotion(StaffScreen, PromotionEditor):
    """One promotion of the marketplace, new or known; a seller's is looked at and ended only."""

    right = "manage_promotions"
    parent = ("backoffice:promotions", "Promotions")
    list_name = "backoffice:promotions"
    end_name = "backoffice:promotion_end"
    form_class = StaffPromotionForm

    @property
    def owner_id(self) -> int | None:
        """Whose the promotion is: the form then asks what that owner may say."""
        number = self.kwargs.get("promotion_id")
        if number is None:
            return None
        found = Promotion.objects.filter(pk=number).values_list("seller_id", flat=True)
        if not found:
            raise Http404
        return found[0]

    def get_page_title(self) -> str:
        return PromotionEditor.get_page_title(self)


class EndPromotion(StaffScreen, View):
    """Switch any promotion off at once."""

    right = "manage_promotions"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        known = Promotion.objects.filter(pk=promotion_id).first()
        if known is None:
            raise Http404
        pricing.end_promotion(promotion_id=promotion_id, seller_id=known.seller_id)
        messages.success(request, "It has ended. Orders that hold it keep it.")
        return redirect("backoffice:promotions")
