"""Featured placement of the seller's own products."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.kernel import clock
from commerce.payouts import operations as payouts
from commerce.payouts import queries

from ..money_forms import FeatureForm
from ..policy import Work
from .base import SellerScreen


class Featured(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """Book days for a product; the price is taken from what the seller earns."""

    work = Work.MONEY
    page_title = "Featured placement"
    header_icon = "pick"
    parent = ("selling:earnings", "Earnings")
    template_name = "admin/selling/featured.html"
    form: FeatureForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = FeatureForm(
            seller_id=self.seller_id, initial={"first_day": clock.now().date(), "days": 7}
        )
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = FeatureForm(request.POST, seller_id=self.seller_id)
        if self.form.is_valid() and self._book(**self.form.cleaned_data):
            return redirect("selling:featured")
        return self.render_to_response(self.get_context_data(), status=422)

    def _book(self, *, product: Any, first_day: Any, days: int) -> bool:
        try:
            price = payouts.feature(
                seller_id=self.seller_id, product_id=product.pk, first_day=first_day, days=days
            )
        except payouts.NotFeatured as refusal:
            self.form.add_error(None, str(refusal))
            return False
        messages.success(self.request, f"{product.name} is featured. {price} is taken from sales.")
        return True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "offer": queries.featured_offer(),
            "runs": queries.featured_runs(seller_id=self.seller_id),
            "form": self.form,
            "media": self.form.media,
        }
