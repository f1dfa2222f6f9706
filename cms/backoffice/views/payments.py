"""Payments that a person has to look at."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from cms.selling.tables import MoneyColumn, StateColumn, TwoLineColumn
from commerce.kernel.money import Money
from commerce.orders.models import Order
from commerce.payments.models import Payment, Refund

from .base import StaffScreen


def _order_url(payment: Any) -> str | None:
    number = payment.order_number
    return reverse("backoffice:order", args=[number]) if number else None


class PaymentList(StaffScreen, BaseListingView):
    """What the provider says differs from what we asked for, or money has no order."""

    right = "review_payments"
    page_title = "Payments to review"
    header_icon = "warning"
    index_url_name = "backoffice:payments"
    default_ordering = "-created_at"
    paginate_by = 25
    verbose_name_plural = "payments that need a person"
    columns = [
        TitleColumn(
            "order", label="Order", accessor=lambda row: row.order_number or "none",
            get_url=_order_url,
        ),
        DateColumn("created_at", label="Began", sort_key="created_at"),
        Column("method", label="Method"),
        TwoLineColumn(
            "provider_payment", label="At the provider", classname="stoa-wide",
            accessor=lambda row: row.provider_payment or row.provider_session or "unknown",
            below=lambda row: row.review_reason,
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


def unsettled_payments() -> Any:
    """Payments in review, orphans that are not given back, and captures whose refund failed."""
    number = Order.objects.filter(token=OuterRef("order_token")).values("number")
    failed = Refund.objects.filter(state=Refund.State.FAILED).values("payment")
    rows = Payment.objects.annotate(order_number=Subquery(number[:1]))
    in_review = rows.filter(state=Payment.State.REVIEW)
    orphans = rows.filter(state=Payment.State.ORPHAN, refunded_minor=0)
    return in_review | orphans | rows.filter(pk__in=failed)
