from django.db import models
from django.db.models import F, Q

from .promotion_models import CustomerGroup


class PriceList(models.Model):
    """A seller's other prices: for a time, for a group of customers, or by quantity.

    The database's clock decides whether it is on; nothing has to run when it begins or ends.
    """

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    group = models.ForeignKey(
        CustomerGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    priority = models.SmallIntegerField(default=0)
    tax_included = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "name"], name="one_price_list_per_sellers_name"
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="price_list_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListPrice(models.Model):
    """What one costs by a list when at least so many are bought."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    min_quantity = models.PositiveIntegerField(default=1)
    amount_minor = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "variant", "min_quantity"], name="one_list_price_per_tier"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, min_quantity__gte=1, min_quantity__lte=999),
                name="list_price_is_sane",
            ),
        ]


class ListPriceChange(models.Model):
    """Every price a list open to everybody ever had, and when it counted; append-only.

    Written by trigger, for the lowest price of the days before a reduction.
    """

    price_list_id = models.BigIntegerField()
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["variant", "currency"])]
