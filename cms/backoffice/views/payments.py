"""Payments that a person has to look at."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.masking import without_keys
from cms.selling.tables import MoneyColumn, StateColumn, TwoLineColumn
from cms.selling.views.base import Listing
from commerce.checkout import operations as checkout
from commerce.gateways.payments import GatewayRefused, GatewayUnavailable
from commerce.giftcards import queries as gifts
from commerce.kernel.money import Money
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments import queries
from commerce.payments.models import Decision, Payment, Refund

from ..forms import DecisionForm
from .base import StaffScreen

AWAY = "The provider did not answer. Nothing was changed; please try again in a minute."


class PaymentList(StaffScreen, Listing):
    """What the provider says differs from what we asked for, or money has no order."""

    right = "review_payments"
    page_title = "Payments to review"
    header_icon = "warning"
    index_url_name = "backoffice:payments"
    default_ordering = "-created_at"
    paginate_by = 25
    verbose_name_plural = "payments that need a person"
    when_empty = "No payment needs a person."
    columns = [
        TitleColumn(
            "order", label="Order", accessor=lambda row: row.order_number or other_name_of(row),
            get_url=lambda row: reverse("backoffice:payment", args=[row.pk]),
        ),
        DateColumn("created_at", label="Began", sort_key="created_at"),
        Column("method", label="Method"),
        TwoLineColumn(
            "provider_payment", label="At the provider", classname="stoa-wide",
            accessor=lambda row: row.provider_payment or row.provider_session or "unknown",
            below=lambda row: without_keys(row.review_reason),
        ),
        MoneyColumn("amount", accessor=lambda row: Money(row.amount_minor, row.currency)),
        MoneyColumn(
            "refunded", label="Refunded",
            accessor=lambda row: Money(row.refunded_minor, row.currency),
        ),
        StateColumn("state", label="State"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return unsettled_payments()


class PaymentDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One payment with its refunds, and what a person may decide about it."""

    right = "review_payments"
    reveals = "payment.viewed"
    header_icon = "warning"
    parent = ("backoffice:payments", "Payments to review")
    template_name = "admin/backoffice/payment.html"
    form: DecisionForm

    @cached_property
    def payment(self) -> Payment:
        payment = Payment.objects.filter(pk=self.kwargs["payment_id"]).first()
        if payment is None:
            raise Http404
        return payment

    def get_page_title(self) -> str:
        return f"Payment {self.payment.provider_payment or self.payment.pk}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = DecisionForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = DecisionForm(request.POST)
        try:
            if self.form.is_valid():
                messages.success(request, self._decide(**self.form.cleaned_data))
                return redirect("backoffice:payment", self.payment.pk)
        except (
            checkout.NotResolvable,
            payments.ChargedBack,
            payments.NotUnexplained,
            payments.RefundNotFailed,
        ) as refusal:
            self.form.add_error(None, str(refusal))
        except (GatewayUnavailable, GatewayRefused):
            self.form.add_error(None, AWAY)
        return self.render_to_response(self.get_context_data(), status=422)

    def _decide(self, *, decision: Any, reason: str, refund: int | None) -> str:
        if decision in ("accept", "return"):
            outcome = checkout.resolve_review(
                payment_id=self.payment.pk, decision=decision, reason=reason
            )
            return f"Decided. The order is {outcome}."
        refund_id = self.payment.refunds.filter(pk=refund or 0).values_list("pk", flat=True).first()
        if refund_id is None:
            raise Http404
        if decision == "retry":
            payments.retry_refund(refund_id=refund_id, reason=reason)
            return "The refund is sent again."
        if decision == "keep":
            payments.keep_as_loss(refund_id=refund_id, reason=reason)
            return "Noted. It stays the marketplace's loss."
        payments.settle_otherwise(refund_id=refund_id, reason=reason)
        return "The refund is booked as paid another way."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        payment = self.payment
        order = Order.objects.filter(token=payment.order_token).first()
        return {
            **super().get_context_data(**kwargs),
            "payment": payment,
            "order": order,
            "gift": gifts.of_payment(order_token=payment.order_token),
            "amounts": [
                (label, Money(minor, payment.currency))
                for label, minor in (
                    ("Asked for", payment.amount_minor),
                    ("Came in", payment.captured_minor),
                    ("Provider's fee", payment.fee_minor),
                    ("Given back", payment.refunded_minor),
                )
            ],
            "refunds": [
                {"refund": each, "amount": Money(each.amount_minor, payment.currency)}
                for each in payment.refunds.order_by("pk")
            ],
            "moves": payment.moves.order_by("pk"),
            "found": queries.unused_found_refunds(payment_id=payment.pk, unexplained=True),
            "decisions": Decision.objects.filter(payment=payment).order_by("pk"),
            "form": self.form,
        }


def other_name_of(payment: Payment) -> str:
    """Say what a payment is for that is for no order."""
    return "gift card" if gifts.is_gift(order_token=payment.order_token) else "none"


def unsettled_payments() -> Any:
    """Payments in review, orphans that are not given back, and captures whose refund failed or
    was made elsewhere for nobody knows what."""
    number = Order.objects.filter(token=OuterRef("order_token")).values("number")
    failed = Refund.objects.filter(state=Refund.State.FAILED).values("payment")
    rows = Payment.objects.annotate(order_number=Subquery(number[:1]))
    in_review = rows.filter(state=Payment.State.REVIEW)
    orphans = rows.filter(state=Payment.State.ORPHAN, refunded_minor=0)
    found = queries.unused_found(unexplained=True).values("payment")
    return in_review | orphans | rows.filter(pk__in=failed) | rows.filter(pk__in=found)
