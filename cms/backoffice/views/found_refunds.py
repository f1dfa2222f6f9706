"""Saying what a refund was for that somebody made in the provider's dashboard."""

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
from commerce.payments import queries as payments
from commerce.payments.operations import RefundTooLarge
from commerce.payments.types import FoundRefund

from .base import StaffScreen
from .goodwill import GoodwillForm


class FoundRefundForm(GoodwillForm):
    refund = forms.TypedChoiceField(label="Refund", coerce=int)
    to = None  # type: ignore[assignment]

    field_order = ["refund", "part", "amount", "borne_by", "reason"]

    def __init__(self, *args: Any, found: list[FoundRefund], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["refund"].choices = [  # type: ignore[attr-defined]
            (each.id, f"{each.reference}: {each.unused} of {each.amount} is not accounted for")
            for each in found
        ]
        self.fields["borne_by"].help_text = (
            "A seller is charged what is not the marketplace's. What is canceled or returned "
            "later is settled with it."
        )


class AssignFoundRefund(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Money that the shopper has already, booked on a part; sending it twice books once."""

    right = "review_payments"
    reveals = "payment.viewed"
    page_title = "Account for a refund"
    header_icon = "rotate"
    parent = ("backoffice:payments", "Payments to review")
    template_name = "admin/backoffice/found_refund.html"
    form: FoundRefundForm | None = None

    @cached_property
    def found(self) -> list[FoundRefund]:
        return payments.unused_found_refunds(payment_id=self.kwargs["payment_id"])

    @cached_property
    def order(self) -> OrderData:
        payment = payments.by_id(payment_id=self.kwargs["payment_id"])
        order = orders.order(token=payment.order_token) if payment else None
        if order is None or order.confirmed_at is None:
            raise Http404
        return order

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.found:
            raise Http404
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.order and not self.found:  # a second click, or somebody else was first
            messages.info(request, "All of it is accounted for already.")
            return redirect("backoffice:payment", self.kwargs["payment_id"])
        self.form = FoundRefundForm(request.POST, order=self.order, found=self.found)
        if self.form.is_valid() and self._assign(self.form):
            messages.success(request, "Booked. Nothing more goes to the shopper by it.")
            return redirect("backoffice:payment", self.kwargs["payment_id"])
        return self.render_to_response(self.get_context_data(), status=422)

    def _assign(self, form: FoundRefundForm) -> bool:
        said = form.cleaned_data
        amount = Money.of(said["amount"], self.order.total.currency)
        terms = operations.Terms(
            kind="goodwill",
            business_key=f"found:{said['refund']}:{said['key']}",
            reason=said["reason"],
            goodwill_minor=amount.minor,
            borne_minor=amount.minor if said["borne_by"] == "marketplace" else 0,
            found_refund=said["refund"],
        )
        try:
            operations.give_goodwill(seller_order_id=said["part"], terms=terms)
        except operations.GivesTooMuch as refusal:
            form.add_error("amount", f"At most {refusal.left} of this part is left to give back.")
        except RefundTooLarge as refusal:
            form.add_error("amount", f"Of this refund {refusal.left} is not accounted for.")
        return not form.errors

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = self.form or FoundRefundForm(
            order=self.order,
            found=self.found,
            initial={"key": uuid4(), "amount": self.found[0].unused.decimal},
        )
        return {
            **super().get_context_data(**kwargs),
            "order": self.order,
            "form": form,
            "back": reverse("backoffice:payment", args=[self.kwargs["payment_id"]]),
        }
