"""Promotions as sellers and staff describe them, and what one would do to an example cart."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from wagtail.admin.widgets import AdminDateTimeInput

from cms.pages.models import CategoryPage
from commerce.catalog import queries as catalog
from commerce.kernel.money import Money
from commerce.pricing.models import CustomerGroup, Promotion
from commerce.pricing.types import PromotionInput
from commerce.sellers import queries as sellers

from .product_forms import PriceField, currency_field, settle_currency

MOST_SKUS = 500
MOST_PRIORITY = 1000


class PromotionForm(forms.Form):
    """What a seller may give: off its own items, borne by itself."""

    label = forms.CharField(
        label="What shoppers read", max_length=60, help_text="Such as Spring sale."
    )
    kind = forms.ChoiceField(label="What they get", choices=Promotion.Kind.choices)
    percent = forms.DecimalField(
        label="Percent off",
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        required=False,
        help_text="Also of what “buy some, get some” reduces, where 100 is free.",
    )
    currency = currency_field(
        help_text="Of the amounts here; whoever shops in another is not reached by them. "
        "Percentages without a purchase to reach count in every currency."
    )
    amount = PriceField(label="Amount off", required=False)
    buy = forms.IntegerField(label="Buy so many", min_value=1, max_value=999, required=False)
    get = forms.IntegerField(
        label="and get so many",
        min_value=1,
        max_value=999,
        required=False,
        help_text="Of each full group the cheapest are reduced. Every third free is buy 2, get 1.",
    )
    code = forms.CharField(
        label="Code",
        max_length=40,
        required=False,
        help_text="Leave it empty when everybody gets it without typing anything.",
    )
    least = PriceField(
        label="From a purchase of",
        required=False,
        help_text="What the items it is for must cost at their prices.",
    )
    first_order = forms.BooleanField(label="Only for a first order", required=False)
    skus = forms.CharField(
        label="Only for products with these SKUs",
        max_length=40_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One per line. One SKU stands for its whole product.",
    )
    categories = forms.MultipleChoiceField(
        label="Only in these categories",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    starts_at = forms.DateTimeField(
        label="From", required=False, widget=AdminDateTimeInput, help_text="Empty: at once."
    )
    ends_at = forms.DateTimeField(
        label="Until", required=False, widget=AdminDateTimeInput, help_text="Empty: no end."
    )
    max_uses = forms.IntegerField(
        label="At most so many orders", min_value=1, max_value=1_000_000, required=False
    )
    max_per_customer = forms.IntegerField(
        label="At most so often for one customer", min_value=1, max_value=10_000, required=False
    )
    priority = forms.IntegerField(
        label="Priority",
        min_value=-MOST_PRIORITY,
        max_value=MOST_PRIORITY,
        initial=0,
        required=False,
        help_text="Where two want the same item, the higher one has it; else the larger saving.",
    )
    stackable = forms.BooleanField(
        label="Shares items with other promotions that say so too", required=False
    )

    def __init__(self, *args: Any, seller_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seller_id = seller_id
        self.in_currency = settle_currency(self)
        pages = CategoryPage.objects.live().order_by("path")
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (str(key), f"{'– ' * max(0, depth - 4)}{title}")
            for key, title, depth in pages.values_list("translation_key", "title", "depth")
        ]

    def clean_skus(self) -> list[str]:
        skus = [line.strip() for line in self.cleaned_data["skus"].splitlines() if line.strip()]
        if len(skus) > MOST_SKUS:
            raise forms.ValidationError(f"Name {MOST_SKUS} at most, or choose categories.")
        ids = catalog.variant_ids_by_sku(skus=skus)
        variants = catalog.variants(variant_ids=ids.values())
        own = {
            sku: variants[pk].product_id
            for sku, pk in ids.items()
            if self.seller_id in (None, variants[pk].seller_id)
        }
        if unknown := [sku for sku in skus if sku not in own]:
            raise forms.ValidationError(f"No product has the SKU {', '.join(unknown[:5])}.")
        self.product_ids = tuple(sorted(set(own.values())))
        return skus

    def as_promotion(self) -> PromotionInput:
        """Return what was described. The form is valid."""
        data = self.cleaned_data
        kind = data["kind"]
        percent = data["percent"] or (100 if kind == "buy-get" else 0)
        return PromotionInput(
            label=data["label"],
            kind=kind,
            seller_id=self.seller_id,
            code=data["code"],
            percent_bps=int(percent * 100) if kind in ("percentage", "buy-get") else 0,
            amount_minor=(data["amount"] or 0) if kind == "fixed" else 0,
            buy=(data["buy"] or 0) if kind == "buy-get" else 0,
            get=(data["get"] or 0) if kind == "buy-get" else 0,
            least_minor=data["least"] or 0,
            currency=self.in_currency,
            first_order=data["first_order"],
            product_ids=self.product_ids,
            category_keys=tuple(UUID(key) for key in data["categories"]),
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            max_uses=data["max_uses"],
            max_per_customer=data["max_per_customer"],
            priority=data["priority"] or 0,
            stackable=data["stackable"],
            **self.more(),
        )

    def more(self) -> dict[str, Any]:
        """What else the marketplace may say."""
        return {}

    def blame(self, errors: dict[str, str]) -> None:
        """Show what pricing refused beside the inputs it is about."""
        inputs = {
            "percent_bps": "percent", "amount_minor": "amount", "least_minor": "least",
            "seller_ids": "shops",
        }  # fmt: skip
        for name, message in errors.items():
            field = inputs.get(name, name)
            self.add_error(field if field in self.fields else None, message)

    @property
    def sections(self) -> list[tuple[str, list[Any]]]:
        """The inputs as the screen groups them."""
        groups = {
            "What it gives": ("label", "kind", "percent", "currency", "amount", "buy", "get"),
            "When it applies": ("code", "least", "first_order", "starts_at", "ends_at"),
            "What it is for": ("skus", "categories", "shops", "groups"),
            "How often, and beside others": (
                "max_uses", "max_per_customer", "priority", "stackable",
            ),
        }  # fmt: skip
        return [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in groups.items()
        ]


class StaffPromotionForm(PromotionForm):
    """What the marketplace may give: off anybody's items, for groups, borne by itself."""

    shops = forms.CharField(
        label="Only from these shops",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Their short names from the address, one per line, such as tidemark.",
    )
    groups = forms.ModelMultipleChoiceField(
        label="Only for these groups of customers",
        queryset=CustomerGroup.objects.order_by("name"),
        required=False,
    )

    def clean_shops(self) -> list[str]:
        slugs = [line.strip() for line in self.cleaned_data["shops"].splitlines() if line.strip()]
        found = {slug: sellers.seller_by_slug(slug=slug) for slug in slugs[:50]}
        if unknown := [slug for slug in slugs if found.get(slug) is None]:
            raise forms.ValidationError(f"There is no shop {', '.join(unknown[:5])}.")
        self.shop_ids = tuple(seller.id for seller in found.values() if seller)
        return slugs

    def more(self) -> dict[str, Any]:
        return {
            "seller_ids": self.shop_ids,
            "group_ids": tuple(group.pk for group in self.cleaned_data["groups"]),
        }


def filled(*, promotion: Promotion) -> dict[str, Any]:
    """Return what the form shows of a promotion that exists."""
    products = catalog.variants_of(product_ids=promotion.product_ids)
    shops = sellers.sellers(seller_ids=promotion.seller_ids)
    currency = promotion.currency or settings.BASE_CURRENCY
    return {
        "label": promotion.label,
        "currency": currency,
        "kind": promotion.kind,
        "percent": Decimal(promotion.percent_bps) / 100 if promotion.percent_bps else None,
        "amount": _decimal(promotion.amount_minor, currency),
        "buy": promotion.buy or None,
        "get": promotion.get or None,
        "code": promotion.code,
        "least": _decimal(promotion.least_minor, currency),
        "first_order": promotion.first_order,
        "skus": "\n".join(rows[0].sku for rows in products.values() if rows),
        "categories": [str(key) for key in promotion.category_keys],
        "starts_at": promotion.starts_at,
        "ends_at": promotion.ends_at,
        "max_uses": promotion.max_uses,
        "max_per_customer": promotion.max_per_customer,
        "priority": promotion.priority,
        "stackable": promotion.stackable,
        "shops": "\n".join(shop.slug for shop in shops.values()),
        "groups": promotion.group_ids,
    }


def _decimal(minor: int, currency: str) -> Decimal | None:
    return Money(minor, currency).decimal if minor else None
