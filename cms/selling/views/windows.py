"""How long a seller's shoppers may send things back: as long as the marketplace says, or longer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.returns import operations
from commerce.returns import queries as returns

from ..policy import Work
from .base import SellerScreen


class WindowForm(forms.Form):
    days = forms.IntegerField(
        label="Days to send things back", required=False, min_value=1, max_value=9999,
        help_text="Counted from delivery. Leave it empty to give as many as the marketplace.",
    )  # fmt: skip


class ReturnWindow(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """One number. Orders keep what held when they were confirmed."""

    work = Work.MONEY
    page_title = "Days to send back"
    header_icon = "rotate"
    parent = ("selling:requests", "Returns and requests")
    template_name = "admin/selling/return_window.html"
    form: WindowForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = WindowForm(request.POST)
        if self.form.is_valid():
            days = self.form.cleaned_data["days"]
            try:
                operations.set_own_days(seller_id=self.seller_id, days=days)
            except operations.TooFewDays as refusal:
                self.form.add_error("days", str(refusal))
            else:
                messages.success(request, "It holds for what is ordered from now on.")
                return redirect("selling:return_window")
        return self.render_to_response(self.get_context_data(), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = returns.own_days(seller_id=self.seller_id)
        return {
            **super().get_context_data(**kwargs),
            "form": self.form or WindowForm(initial={"days": own}),
            "shop_days": returns.shop_days(),
            "own_days": own,
        }
