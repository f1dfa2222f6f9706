"""Forms about sellers' money: terms of payout, corrections, commission rules and plans."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from wagtail.admin.widgets import AdminDateTimeInput

from cms.pages.models import CategoryPage
from cms.selling.currency_choice import ask_currency
from commerce.kernel.money import Money
from commerce.payouts.models import PayoutTerms
from commerce.payouts.types import Terms
from commerce.sellers import queries as sellers
from commerce.sellers.models import Seller

MOST = Decimal("10000000")


class PercentField(forms.DecimalField):
    """A share in percent with two decimals, read as basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100, decimal_places=2, **kwargs)

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else int(percent * 100)


class AmountField(forms.DecimalField):
    """An amount in the marketplace's currency, read as Money."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decimal_places=2, max_value=MOST, **kwargs)

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        return None if amount is None else Money.of(amount, settings.BASE_CURRENCY)


class TermsForm(forms.Form):
    """When and how much a seller is paid."""

    schedule = forms.ChoiceField(choices=PayoutTerms.Schedule.choices)
    minimum = AmountField(
        label="Least amount of a payout",
        min_value=0,
        help_text=f"Smaller sums wait. In {settings.BASE_CURRENCY}; other currencies have none.",
    )
    hold_days = forms.IntegerField(
        label="Days from delivery to payout", min_value=0, max_value=365,
        help_text="Cover at least the days in which most returns come.",
    )  # fmt: skip
    reserve = PercentField(
        label="Reserve in percent", help_text="Kept back of each sale against later returns."
    )
    reserve_days = forms.IntegerField(label="Days the reserve is kept", min_value=0, max_value=365)

    @classmethod
    def of(cls, terms: Terms) -> "TermsForm":
        """Return the form filled with what holds now."""
        return cls(
            initial={
                "schedule": terms.schedule,
                "minimum": Money(terms.minimum_minor, settings.BASE_CURRENCY).decimal,
                "hold_days": terms.hold_days,
                "reserve": Decimal(terms.reserve_bps) / 100,
                "reserve_days": terms.reserve_days,
            }
        )

    @property
    def terms(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "schedule": data["schedule"],
            "minimum_minor": data["minimum"].minor,
            "hold_days": data["hold_days"],
            "reserve_bps": data["reserve"],
            "reserve_days": data["reserve_days"],
        }


class CorrectionForm(forms.Form):
    """Money given to a seller, or taken back, borne by the marketplace."""

    currency = forms.ChoiceField()
    amount = forms.DecimalField(
        min_value=-MOST,
        max_value=MOST,
        help_text="Positive gives the seller money, negative takes it back.",
    )
    reason = forms.CharField(max_length=150, help_text="The seller reads it on the statement.")
    reference = forms.CharField(
        max_length=60, help_text="Such as a ticket's number. The same reference is booked once."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ask_currency(self)

    @property
    def inputs(self) -> list[Any]:
        return [self[name] for name in self.fields]

    def clean_amount(self) -> Money:
        currency = self.cleaned_data.pop("currency", settings.BASE_CURRENCY)
        if not self.cleaned_data["amount"]:
            raise forms.ValidationError("Enter an amount other than nothing.")
        try:
            return Money.of(self.cleaned_data["amount"], currency)
        except ValueError:
            raise forms.ValidationError(
                f"Write an amount of {currency} such as {Money(1250, currency).decimal}."
            ) from None


class RuleForm(forms.Form):
    """A commission for a seller or a plan, in a category or in all."""

    label = forms.CharField(max_length=80, label="Name of the rule")
    rate = PercentField(label="Commission in percent")
    seller = forms.ModelChoiceField(Seller.objects.none(), required=False, empty_label="All")
    plan = forms.ChoiceField(required=False)
    category = forms.ChoiceField(required=False)
    valid_until = forms.DateTimeField(
        required=False, label="Ends", widget=AdminDateTimeInput, help_text="Empty: it stays."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["seller"]
        chooser.queryset = Seller.objects.order_by("name")
        plans: Any = self.fields["plan"]
        plans.choices = [("", "All")] + [
            (plan.code, plan.name) for plan in sellers.plans(offered=False)
        ]
        categories: Any = self.fields["category"]
        categories.choices = [("", "All"), *category_choices()]

    @property
    def rule(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "label": data["label"],
            "rate_bps": data["rate"],
            "seller_id": data["seller"].pk if data["seller"] else None,
            "plan_code": data["plan"],
            "category_key": UUID(data["category"]) if data["category"] else None,
            "valid_until": data["valid_until"],
        }


class PlanForm(forms.Form):
    """A plan that sellers may choose."""

    code = forms.SlugField(max_length=40, help_text="An existing code changes that plan.")
    name = forms.CharField(max_length=60)
    description = forms.CharField(max_length=300, required=False)
    monthly = AmountField(label="Price of a month", min_value=0)
    is_offered = forms.BooleanField(label="Can be chosen", required=False, initial=True)


class FeaturedForm(forms.Form):
    """What sellers pay for featured placement."""

    daily = AmountField(label="Price of a day", min_value=0)
    places = forms.IntegerField(
        label="Places a day", min_value=0, max_value=100, help_text="None: it is not offered."
    )


def category_choices() -> list[tuple[str, str]]:
    """Return every category by its key, in the order and depth of the tree."""
    pages = CategoryPage.objects.order_by("path").values_list("translation_key", "title", "depth")
    top = min((depth for _, _, depth in pages), default=0)
    return [(str(key), f"{'– ' * (depth - top)}{title}") for key, title, depth in pages]
