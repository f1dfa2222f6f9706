"""Giving a shopper something back without taking anything back."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.kernel.money import Money
from commerce.orders import operations
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.payments.operations import RefundTooLarge, WayClosed
from commerce.sellers import queries as sellers

from .base import StaffScreen

WAYS = [
    ("method", "The way it was paid"),
    ("store_credit", "Store credit"),
    ("gift_card", "A gift card"),
]
BEARERS = [("marketplace", "The marketplace"), ("seller", "The seller")]


class GoodwillForm(forms.Form):
    part = forms.TypedChoiceField(label="Part", coerce=int)
    amount = forms.DecimalField(
        label="Amount", min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )
    borne_by = forms.ChoiceField(label="Who bears it", choices=BEARERS)
    to = forms.ChoiceField(label="Money back to", choices=WAYS)
    reason = forms.CharField(
        label="Reason", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: OrderData, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sellers.sellers(seller_ids=[part.seller_id for part in order.seller_orders])
        self.fields["part"].choices = [  # type: ignore[attr-defined]
            (part.id, f"{part.number}, {names[part.seller_id].name}")
            for part in order.seller_orders
        ]


class Goodwill(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One form; sending it twice gives once."""

    right = "decide_requests"
    page_title = "Give something back"
    header_icon = "rotate"
    parent = ("backoffice:orders", "Orders")
    template_name = "admin/backoffice/goodwill.html"
    form: GoodwillForm | None = None

    @cached_property
    def order(self) -> OrderData:
        ref = orders.order_by_number(number=self.kwargs["number"])
        order = orders.order(token=ref.token) if ref else None
        if order is None or order.confirmed_at is None:
            raise Http404
        return order

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = GoodwillForm(request.POST, order=self.order)
        if self.form.is_valid() and self._give(self.form):
            messages.success(request, "It is on its way to the shopper.")
            return redirect("backoffice:order", self.order.number)
        return self.render_to_response(self.get_context_data(), status=422)

    def _give(self, form: GoodwillForm) -> bool:
        said = form.cleaned_data
        amount = Money.of(said["amount"], self.order.total.currency)
        terms = operations.Terms(
            kind="goodwill",
            business_key=f"goodwill:{said['key']}",
            reason=said["reason"],
            to=said["to"],
            goodwill_minor=amount.minor,
            borne_minor=amount.minor if said["borne_by"] == "marketplace" else 0,
        )
        try:
            operations.give_goodwill(seller_order_id=said["part"], terms=terms)
        except operations.GivesTooMuch as refusal:
            form.add_error("amount", f"At most {refusal.left} of this part is left to give back.")
        except RefundTooLarge as refusal:
            form.add_error("amount", f"At most {refusal.left} can go back.")
        except WayClosed as refusal:
            form.add_error("to", str(refusal))
        return not form.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form or GoodwillForm(order=self.order, initial={"key": uuid4()})
        return {
            **super().get_context_data(**kwargs),
            "order": self.order,
            "form": form,
            "back": reverse("backoffice:order", args=[self.order.number]),
        }
