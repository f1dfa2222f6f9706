"""Gift cards that shoppers bought: found, mailed again, given back. The code is never shown."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from cms.selling.tables import MoneyColumn, StateColumn, TwoLineColumn
from cms.selling.views.base import Listing
from commerce.giftcards import operations, queries
from commerce.giftcards.models import Purchase
from commerce.kernel.money import Money
from commerce.payments.models import Payment

from ..forms import ReasonForm
from .base import StaffScreen

NUMBER = re.compile(r"g-?(\d{1,15})", re.ASCII | re.IGNORECASE)


class AddressForm(forms.Form):
    """Where the code goes now."""

    email = forms.EmailField(
        label="Recipient's email address",
        help_text="At another address than before, the card gets another code, and the old one "
        "opens nothing any more.",
    )


def sending_of(row: Purchase) -> str:
    """Say when the code was mailed, or will be."""
    if row.delivered_at:
        return f"{row.delivered_at:%d %b %Y}"
    if row.state != Purchase.State.PAID:
        return ""
    return f"on {row.deliver_on:%d %b %Y}" if row.deliver_on else "now"


class GiftList(StaffScreen, Listing):
    """Newest first: who bought what for whom, and when it is sent."""

    right = "manage_credits"
    reveals = "gift_cards.listed"
    page_title = "Gift cards sold"
    header_icon = "tag"
    index_url_name = "backoffice:gifts"
    index_results_url_name = "backoffice:gifts_results"
    default_ordering = "-pk"
    is_searchable = True
    search_fields = ["sender_email", "sender_name", "recipient_email", "recipient_name"]
    paginate_by = 25
    verbose_name_plural = "gift cards sold"
    when_empty = "No gift card was sold yet."
    columns = [
        TitleColumn(
            "number", label="Number", accessor=str,
            get_url=lambda row: reverse("backoffice:gift", args=[row.pk]),
        ),
        DateColumn("created_at", label="Began", sort_key="created_at"),
        TwoLineColumn(
            "people", label="For", classname="stoa-wide",
            accessor=lambda row: row.recipient_email, below=lambda row: f"from {row.sender_email}",
        ),
        Column("sent", label="Sent", accessor=sending_of),
        MoneyColumn("amount", accessor=lambda row: Money(row.amount_minor, row.currency)),
        StateColumn("state", label="State"),
    ]  # fmt: skip

    def get_base_queryset(self) -> Any:
        return Purchase.objects.all()

    def search_queryset(self, queryset: Any) -> Any:
        """By its number too, which is what a buyer tells."""
        number = NUMBER.fullmatch((self.search_query or "").strip())
        if self.is_searching and number is not None:
            return queryset.filter(pk=int(number[1]))
        return super().search_queryset(queryset)


class GiftDetail(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """One purchase, its payment, and what staff can do: mail it again, give it back."""

    right = "manage_credits"
    reveals = "gift_card.viewed"
    header_icon = "tag"
    parent = ("backoffice:gifts", "Gift cards sold")
    template_name = "admin/backoffice/gift.html"
    address: AddressForm
    reason: ReasonForm

    @cached_property
    def gift(self) -> Purchase:
        found = Purchase.objects.select_related("credit").filter(pk=self.kwargs["gift_id"]).first()
        if found is None:
            raise Http404
        return found

    def get_page_title(self) -> str:
        return f"Gift card {self.gift}"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.address = AddressForm(initial={"email": self.gift.recipient_email})
        self.reason = ReasonForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        resends = request.POST.get("do") == "resend"
        known = {"email": self.gift.recipient_email}
        self.address = AddressForm(request.POST) if resends else AddressForm(initial=known)
        self.reason = ReasonForm() if resends else ReasonForm(request.POST)
        form: forms.Form = self.address if resends else self.reason
        if form.is_valid():
            try:
                done = self._resend() if resends else self._give_back()
            except operations.NoSuchPurchase:
                form.add_error(None, "This gift card is not paid, so there is nothing to send.")
            except operations.GiftRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, done)
                return redirect("backoffice:gift", self.gift.pk)
        return self.render_to_response(self.get_context_data(), status=422)

    def _resend(self) -> str:
        email = self.address.cleaned_data["email"]
        operations.resend(purchase_id=self.gift.pk, email=email)
        return f"It goes to {email}."

    def _give_back(self) -> str:
        amount = operations.refund(
            token=self.gift.token, reason=self.reason.cleaned_data["reason"], in_time=False
        )
        return f"{amount} goes back to where it came from. The card is void."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        gift = self.gift
        known = queries.as_data(gift)
        amounts = [("Sold for", known.amount)]
        if gift.credit is not None:
            currency = gift.currency
            amounts += [
                ("Spent", Money(gift.credit.spent_minor, currency)),
                ("Left", Money(gift.credit.balance_minor, currency)),
                ("Given back", known.refunded),
            ]
        payment = Payment.objects.filter(order_token=known.payment_token).order_by("-pk").first()
        return {
            **super().get_context_data(**kwargs),
            "gift": gift,
            "sent": sending_of(gift),
            "amounts": amounts,
            "payment": payment,
            "moves": gift.moves.order_by("pk"),
            "address_form": self.address,
            "reason_form": self.reason,
        }
