from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.catalog.types import TAX_CLASSES

from .list_models import ListPrice, ListPriceChange, PriceList
from .promotion_models import CustomerGroup, GroupMember, Promotion, PromotionChange, Redemption

__all__ = [
    "CustomerGroup",
    "GroupMember",
    "ListPrice",
    "ListPriceChange",
    "PlaceRate",
    "Price",
    "PriceChange",
    "PriceList",
    "Promotion",
    "PromotionChange",
    "Redemption",
    "TaxRate",
    "VatCheck",
]


class Price(models.Model):
    """What a variant costs now, net of tax."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    compare_at_minor = models.PositiveBigIntegerField(null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "currency"], name="one_price_per_currency"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="price_is_positive"),
            models.CheckConstraint(
                condition=Q(compare_at_minor__isnull=True)
                | Q(compare_at_minor__gt=F("amount_minor")),
                name="compare_at_is_higher",
            ),
        ]


class PriceChange(models.Model):
    """Every price a variant ever had; append-only."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)


class TaxRate(models.Model):
    """A rate by place and class, in basis points."""

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=10, blank=True)
    tax_class = models.CharField(
        max_length=20,
        default="standard",
        choices=[*TAX_CLASSES.items(), ("shipping", "Shipping, where it is taxed otherwise")],
    )
    name = models.CharField(max_length=40)
    rate_bps = models.PositiveIntegerField("rate in basis points")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "region", "tax_class"], name="one_rate_per_place_and_class"
            ),
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="tax_rate_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.region} {self.tax_class}".replace("  ", " ")


class PlaceRate(models.Model):
    """What an outside service told about the tax of one place; used while it is recent."""

    source = models.CharField(max_length=20)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    tax_class = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    rate_bps = models.PositiveIntegerField()
    fetched_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "country", "region", "postal_code", "tax_class"],
                name="one_told_rate_per_place_and_class",
            ),
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="told_rate_is_a_share"),
        ]


class VatCheck(models.Model):
    """What the register of VAT numbers answered, or that it did not; append-only evidence."""

    number = models.CharField(max_length=20)
    requester = models.CharField(max_length=20, blank=True)
    is_valid = models.BooleanField(null=True, help_text="Unknown when there was no answer.")
    consultation = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_valid__isnull=False) | Q(consultation=""),
                name="no_consultation_without_an_answer",
            )
        ]
        indexes = [models.Index(fields=["number", "-at"], name="vat_checks_by_number")]
