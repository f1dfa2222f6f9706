"""Forms and filters of the back office."""

from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef
from wagtail.admin.filters import WagtailFilterSet

from cms.selling.date_range import NamedDateRange
from cms.selling.queries import staged
from cms.selling.states import ORDER_STAGES, WHOLE_ORDER_STATES
from commerce.audit import queries as audit
from commerce.audit.models import Entry
from commerce.ledger.models import Journal
from commerce.orders.models import Order, SellerOrder
from commerce.payments.models import Payment
from commerce.payouts.models import Payout
from commerce.sellers.models import Application, Seller

USUAL_RATE = Decimal("10")


class RateForm(forms.Form):
    """What the marketplace keeps of the goods, in percent."""

    rate = forms.DecimalField(
        label="Commission in percent",
        min_value=0,
        max_value=100,
        decimal_places=2,
        initial=USUAL_RATE,
        help_text="Of the goods, without tax and shipping. Lines that were sold keep their rate.",
    )

    @property
    def rate_bps(self) -> int:
        return int(self.cleaned_data["rate"] * 100)


class ReasonForm(forms.Form):
    """Why something is refused; the person concerned reads it."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    """What becomes of a payment or of a refund that failed, and why; kept for ever."""

    decision = forms.ChoiceField(
        choices=[(name, name) for name in ("accept", "return", "retry", "settle", "keep")],
        error_messages={
            "required": "Press one of the buttons.",
            "invalid_choice": "Press one of the buttons.",
        },
    )
    refund = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with your name and the time.",
    )


def _actions() -> list[tuple[str, str]]:
    return [(action, action) for action in audit.actions()]


class EvidenceForm(forms.Form):
    """What speaks for us in a dispute, or why it is given up."""

    evidence = forms.CharField(
        label="What speaks for us",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="When it was sent, by whom, the tracking number, what the shopper wrote.",
    )


def _states(choices: list[tuple[str, str]]) -> django_filters.MultipleChoiceFilter:
    return django_filters.MultipleChoiceFilter(
        label="State", choices=choices, widget=forms.CheckboxSelectMultiple
    )


class ApplicationFilter(WagtailFilterSet):
    state = _states([(state.value, state.label) for state in Application.State])

    class Meta:
        model = Application
        fields: list[str] = []


class SellerFilter(WagtailFilterSet):
    state = _states([(state.value, state.label) for state in Seller.State])
    trusted = django_filters.BooleanFilter(label="Publishes without moderation")

    class Meta:
        model = Seller
        fields: list[str] = []


def _ids_of_parts(field: str, values: Any) -> Any:
    """Return the orders whose parts are so; a join would repeat them."""
    return SellerOrder.objects.filter(**{field: values}).values("order_id")


class OrderFilter(WagtailFilterSet):
    state = _states(list(WHOLE_ORDER_STATES.items()))
    part = django_filters.MultipleChoiceFilter(
        label="A seller's part is",
        choices=list(ORDER_STAGES.items()),
        widget=forms.CheckboxSelectMultiple,
        method="by_part",
    )
    seller = django_filters.ModelChoiceFilter(
        label="Seller", queryset=Seller.objects.order_by("name"), method="by_seller"
    )
    payment = django_filters.MultipleChoiceFilter(
        label="A payment is",
        choices=[(state.value, state.label) for state in Payment.State],
        widget=forms.CheckboxSelectMultiple,
        method="by_payment",
    )
    placed = django_filters.DateFromToRangeFilter(
        label="Placed", field_name="placed_at", widget=NamedDateRange
    )

    def by_part(self, queryset: Any, name: str, states: list[str]) -> Any:
        if not states:
            return queryset
        found = staged(SellerOrder.objects.all()).filter(stage__in=states)
        return queryset.filter(pk__in=found.values("order_id"))

    def by_seller(self, queryset: Any, name: str, seller: Seller | None) -> Any:
        return queryset.filter(pk__in=_ids_of_parts("seller", seller)) if seller else queryset

    def by_payment(self, queryset: Any, name: str, states: list[str]) -> Any:
        if not states:
            return queryset
        attempts = Payment.objects.filter(order_token=OuterRef("token"), state__in=states)
        return queryset.filter(Exists(attempts))

    class Meta:
        model = Order
        fields: list[str] = []


class PayoutFilter(WagtailFilterSet):
    state = _states([(state.value, state.label) for state in Payout.State])

    class Meta:
        model = Payout
        fields: list[str] = []


class AuditFilter(WagtailFilterSet):
    action = django_filters.ChoiceFilter(label="What", choices=_actions)
    at = django_filters.DateFromToRangeFilter(label="When", field_name="at", widget=NamedDateRange)

    class Meta:
        model = Entry
        fields: list[str] = []


class JournalFilter(WagtailFilterSet):
    account = django_filters.CharFilter(
        label="Account", field_name="entries__account__code", distinct=True
    )
    posted = django_filters.DateFromToRangeFilter(
        label="Posted", field_name="posted_at", widget=NamedDateRange
    )

    class Meta:
        model = Journal
        fields: list[str] = []
